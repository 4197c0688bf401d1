"""The sentence at the top: never more than what was measured and published."""

from dataclasses import dataclass
from datetime import datetime

from portal.incidents.views.status.facts import StatusFacts
from portal.monitoring.probes.models import ProbeState


@dataclass(frozen=True)
class Summary:
    """`kind` is good, bad, wary or plain."""

    kind: str
    sentence: str


def summary_of(facts: StatusFacts, at: datetime, *, is_current: bool) -> Summary:
    if not is_current:
        return Summary("wary", "It can’t be read now what is going on.")
    down = _names(facts, at, ProbeState.DOWN)
    unknown = _names(facts, at, ProbeState.UNKNOWN)
    if facts.going_on:
        besides = f" Measured as down: {_listed(down)}." if down else ""
        return Summary("bad", f"{_going_on(facts)}{besides}")
    if down:
        verb = "is" if len(down) == 1 else "are"
        return Summary("bad", f"{_listed(down)} {verb} down.")
    if not facts.probes:
        return Summary("plain", "No incident is published. Nothing is measured for this page.")
    if unknown:
        verb = "is" if len(unknown) == 1 else "are"
        return Summary("wary", f"No incident is published. {_listed(unknown)} {verb} not measured.")
    return Summary("good", "No incident is published. Everything that is measured here is up.")


def _going_on(facts: StatusFacts) -> str:
    count = len(facts.going_on)
    if all(each.is_maintenance for each in facts.going_on):
        return "Maintenance is under way."
    return "An incident is going on." if count == 1 else f"{count} incidents are going on."


def _names(facts: StatusFacts, at: datetime, state: ProbeState) -> list[str]:
    return list(dict.fromkeys(p.name for p in facts.probes if p.state_at(at) is state))


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
