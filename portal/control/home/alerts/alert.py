"""One alert of home: what somebody has to act on, and the first step."""

from dataclasses import dataclass

GO_ON = "Continue"
"""The step of a run that waits: home names each run once."""


@dataclass(frozen=True)
class Alert:
    sentence: str
    step: str
    address: str
    is_grave: bool = False
