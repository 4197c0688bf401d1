"""Alembic under the guard: histories, running revisions, and their checks.

Each env.py calls `env`; no revision runs without `guard`. Start with `history`, then `env`.
"""
