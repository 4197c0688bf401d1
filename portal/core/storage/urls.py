"""Addresses of databases as keys: SQLAlchemy's own hash writes each one out as text first."""

from collections.abc import Hashable

from sqlalchemy.engine import URL


def key_of(url: URL) -> Hashable:
    """The same for equal addresses, and for no others."""
    return (*url[:-1], tuple(sorted(url.query.items())))
