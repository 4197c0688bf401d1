"""Copies of PostgreSQL databases: the dump, the scratch database, the swap back.

It runs pg_dump and pg_restore, and renames databases in `swap`. Start with `copy`.
"""
