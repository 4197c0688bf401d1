"""One safeguard of a target, as pages and reports show it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Layer:
    """One safeguard: `holds` is None if it is not needed, `sentence` says why or why not."""

    name: str
    holds: bool | None
    sentence: str
    remedy: str | None = None
