"""One safeguard around a target, as pages and reports show it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Layer:
    """One layer: `holds` is None where there is nothing to hold, `sentence` says why or why not."""

    name: str
    holds: bool | None
    sentence: str
    remedy: str | None = None
