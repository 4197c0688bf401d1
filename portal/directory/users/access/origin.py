"""Where a request came from, as a session keeps it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Origin:
    address: str | None = None
    user_agent: str | None = None
