"""Where a request came from, as a session keeps it."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Origin:
    """`devices`: the id of this browser by each person (`throttles.person_of`) who has logged in
    there before."""

    address: str | None = None
    user_agent: str | None = None
    devices: Mapping[str, str] = field(default_factory=dict)
