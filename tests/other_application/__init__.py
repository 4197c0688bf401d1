"""Another application: a newsletter with plain Alembic, models of its own and no Flask.

`project/` is its checkout; tests copy it. It lives under the guard without sharing any code.
"""
