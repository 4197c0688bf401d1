"""The clock of the application, in UTC."""

from datetime import UTC, datetime


def now() -> datetime:
    """The current time: aware, UTC, with microseconds."""
    return datetime.now(UTC)
