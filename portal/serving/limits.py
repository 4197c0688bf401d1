"""Limits for a client of this process; docs/operator.md documents them."""

from dataclasses import dataclass

KILOBYTE = 1024
MEGABYTE = 1024 * KILOBYTE


@dataclass(frozen=True)
class Limits:
    """Seconds, bytes and counts for one process."""

    head_seconds: float = 10
    """From the first moment of a connection, or the last answer, until a head is whole."""
    head_bytes: int = 64 * KILOBYTE
    body_seconds: float = 20
    body_rate: int = 16 * KILOBYTE
    """A body has `body_seconds`, and one second more for each `body_rate` bytes that came."""
    stalled_seconds: float = 60
    """How long a client may leave an answer unread that fills its buffers."""
    closing_seconds: float = 10
    connections: int = 1000
    """More than these: the one that has been unfinished for longest is closed."""
    body_bytes: int = 12_000_000
    """Where the application names none (MAX_CONTENT_LENGTH)."""
    in_memory: int = 64 * KILOBYTE
    """Of a body or an answer; more goes to a temporary file."""
    on_disk: int = 512 * MEGABYTE
    """Of all bodies that are open in this process."""
