"""A finding: one problem of a message to fix, or to confirm, before it may be sent."""

import json
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from hashlib import sha256


class Weight(StrEnum):
    """A `confirmed` finding would block without the confirmation that the text is intended."""

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
    """A text that may be unintended. `place` is “Line 3” or “Subject”, `context` the text around
    it: when that is edited, a confirmation becomes void.
    """

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
    """One for each doubt; repeated texts in the same context have different keys."""
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
