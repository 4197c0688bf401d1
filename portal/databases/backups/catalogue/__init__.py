"""The catalogue of backups: its rows in ops, the queries on them, its rebuild from manifests.

It reads rows and files, and writes rows only in `rebuild`. Start with `find`.
"""
