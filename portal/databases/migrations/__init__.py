"""Alembic under the guard: histories, running revisions, and what they promise.

`env` is what each env.py calls; nothing runs a revision past `guard`. Start with `history`, then
`env`.
"""
