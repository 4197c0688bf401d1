"""One clock, in UTC."""

from datetime import UTC, datetime


def now() -> datetime:
    """The present moment: aware, UTC, microseconds."""
    return datetime.now(UTC)
