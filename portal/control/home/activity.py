"""Recent activity in sentences, the entries of one run together."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from portal.audit.models import Outcome
from portal.audit.reading.queries import EntrySummary
from portal.control.home.matters import Asked, Matters
from portal.control.states.rows import Row

SHOWN = 8


@dataclass(frozen=True)
class Act:
    """An entry, the newest of its run if it belongs to one; `more` entries of the run before it."""

    first: EntrySummary
    more: list[EntrySummary]

    @property
    def run(self) -> int | None:
        return self.first.run

    @property
    def refused(self) -> int:
        """How many of the earlier ones were refused or failed."""
        return sum(each.outcome in {Outcome.REFUSED, Outcome.FAILED} for each in self.more)


def recent_activity(matters: Matters) -> list[Act]:
    entries = sorted(map(_entry, matters.of(Asked.ENTRY)), key=lambda each: -each.seq)
    return grouped(_worth_a_line(entries))[:SHOWN]


def grouped(entries: Iterable[EntrySummary]) -> list[Act]:
    """In their order, each run once, where its newest entry is."""
    acts: list[Act] = []
    of_run: dict[int, Act] = {}
    for each in entries:
        if each.run is not None and (known := of_run.get(each.run)):
            known.more.append(each)
            continue
        acts.append(Act(each, []))
        if each.run is not None:
            of_run[each.run] = acts[-1]
    return acts


def _worth_a_line(entries: Iterable[EntrySummary]) -> Iterator[EntrySummary]:
    """Newest first. Without readings of this page, and without the start of what has ended."""
    ended: set[tuple[str, str]] = set()
    for each in entries:
        said, (noun, _, verb) = json.loads(each.canonical), each.action.partition(".")
        what = (noun, str(said.get("subject")))
        if each.outcome is not Outcome.INTENT and verb == "finished":
            ended.add(what)
        is_start = verb == "started" and what in ended
        is_home = (said.get("details") or {}) == {"page": "home"}
        if not is_start and not is_home:
            yield each


def _entry(row: Row) -> EntrySummary:
    action, outcome, role = (row.more or "").split(" ", 2)
    return EntrySummary(
        *(row.number, row.since, action, Outcome(outcome), row.target or None, role, row.who),
        row.why or "{}",
    )
