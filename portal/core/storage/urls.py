"""Database addresses as dictionary keys: SQLAlchemy's own hash renders each one as text first."""

from collections.abc import Hashable

from sqlalchemy.engine import URL


def key_of(url: URL) -> Hashable:
    """Equal for equal addresses, and only for those."""
    return (*url[:-1], tuple(sorted(url.query.items())))
