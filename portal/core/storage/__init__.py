"""Both databases in SQLAlchemy: the session, locks, read-only transactions.

It knows no feature and no table. Start with `database`.
"""
