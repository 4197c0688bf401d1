"""Alembic under the guard: histories, running revisions, and their checks.

migrations/directory/env.py calls `env`; no revision of a directory runs without `guard`. Start with
`history`, then `env`.
"""
