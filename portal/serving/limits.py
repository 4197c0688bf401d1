"""Limits for a client of this process; docs/operator.md documents them."""

from dataclasses import dataclass

KILOBYTE = 1024
MEGABYTE = 1024 * KILOBYTE
LARGER_BODIES = "LARGER_BODIES"
"""The key of the application's config: addresses that accept larger bodies than
MAX_CONTENT_LENGTH when they are posted to, and how many bytes."""


@dataclass(frozen=True)
class Limits:
    """Seconds, bytes and counts for one process."""

    head_seconds: float = 10
    """From the start of a connection, or the last response, until a head is complete."""
    head_bytes: int = 64 * KILOBYTE
    body_seconds: float = 20
    body_rate: int = 16 * KILOBYTE
    """A body has `body_seconds`, plus one second for each `body_rate` bytes received."""
    stalled_seconds: float = 60
    """How long a client may leave a response unread that fills its buffers."""
    closing_seconds: float = 10
    connections: int = 1000
    """Above this number, the connection that has been incomplete for longest is closed."""
    body_bytes: int = 12_000_000
    """If the application sets no MAX_CONTENT_LENGTH."""
    in_memory: int = 64 * KILOBYTE
    """Of a body or a response; larger ones go to a temporary file."""
    on_disk: int = 512 * MEGABYTE
    """For all open bodies of this process, and as much again for those of addresses that accept
    larger ones: these never take the room of the others."""
    larger_of_one: int = 192 * MEGABYTE
    """Of larger bodies, for one client."""
