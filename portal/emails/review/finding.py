"""A finding: one thing to fix in a message, or to confirm, before it may be sent."""

import json
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from hashlib import sha256


class Weight(StrEnum):
    """A `confirmed` finding would block, had nobody said that the text is meant as it stands."""

    BLOCKING = "blocking"
    WARNING = "warning"
    CONFIRMED = "confirmed"


@dataclass(frozen=True)
class Finding:
    """One sentence. Only a finding with a `key` can be confirmed instead of fixed."""

    sentence: str
    weight: Weight = Weight.BLOCKING
    key: str | None = None

    @property
    def is_blocking(self) -> bool:
        return self.weight is Weight.BLOCKING

    @property
    def is_confirmed(self) -> bool:
        return self.weight is Weight.CONFIRMED


@dataclass(frozen=True)
class Doubt:
    """A text that is perhaps not meant as it stands. `place` is “Line 3” or “Subject”, `context`
    what stands around it: when that is edited, a confirmation is void."""

    place: str
    text: str
    why: str
    context: str
    line: int = 0
    is_warning: bool = False

    @property
    def sentence(self) -> str:
        return f"{self.place}: {self.sentence_without_place}"

    @property
    def sentence_without_place(self) -> str:
        return f"“{' '.join(self.text.split())}” {self.why}."


def as_findings(doubts: Sequence[Doubt], confirmed: Collection[str] = ()) -> list[Finding]:
    """One for each doubt; of the same text in the same context each has a key of its own."""
    found, seen = [], Counter[tuple[str, str]]()
    for doubt in doubts:
        what = (doubt.text, doubt.context)
        key = _key(doubt, seen[what])
        seen[what] += 1
        finding = Finding(doubt.sentence, key=key)
        if doubt.is_warning:
            finding = Finding(doubt.sentence, Weight.WARNING)
        elif key in confirmed:
            finding = replace(finding, weight=Weight.CONFIRMED)
        found.append(finding)
    return found


def _key(doubt: Doubt, number: int) -> str:
    place = "text" if doubt.line else doubt.place
    whole = json.dumps([place, doubt.text, doubt.why, doubt.context, number])
    return sha256(whole.encode()).hexdigest()[:32]
