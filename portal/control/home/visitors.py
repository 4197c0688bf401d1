"""What visitors get: measured from outside, with its age, or said to be unknown."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from portal.control.home.directories import DirectoryStatus
from portal.core.clock import now
from portal.core.storage.between_pages import cached_until_commit
from portal.databases.targets.config import Target
from portal.monitoring.outages.cause import SITE, Cause, cause_of, deepest
from portal.monitoring.outages.sentences import sentence_of
from portal.monitoring.probes.measures.databases import short
from portal.monitoring.probes.models import Probe, ProbeKind, ProbeOutcome, ProbeState
from portal.monitoring.probes.plan import why_not_set_up
from portal.monitoring.probes.queries import all_probes, now_of, state_of

DOUBT = "doubt"
"""The last measurements failed, and are too few to say that it is down."""
CURRENT_NOW = "The schema is current now: the next measurements show whether the site is up."
WORDS = {
    ProbeState.UP.value: "{} is up for visitors",
    ProbeState.DOWN.value: "{} is down for visitors",
    ProbeState.UNKNOWN.value: "{}: it is unknown what visitors get",
    DOUBT: "{} may be down for visitors",
}


@dataclass(frozen=True)
class VisitorsGet:
    """The state of one site for its visitors, at `at`. `why`: its cause, or what is wrong behind a
    page that still comes."""

    target: Target
    state: str
    said: str
    at: datetime
    since: datetime | None = None
    measured_at: datetime | None = None
    milliseconds: int | None = None
    why: str | None = None
    address: str | None = None

    @property
    def headline(self) -> str:
        return WORDS[self.state].format(self.target.name.capitalize())

    @property
    def is_fine(self) -> bool:
        """Whether nothing has to be done: it was measured, it is up, and nothing is wrong."""
        return self.state == ProbeState.UP.value and self.why is None

    @property
    def age(self) -> int | None:
        """Seconds since the last measurement; None without one, and for one in the future."""
        if self.measured_at is None or self.measured_at > self.at:
            return None
        return round((self.at - self.measured_at).total_seconds())

    @property
    def lasted(self) -> timedelta | None:
        return self.at - self.since if self.since and self.since <= self.at else None


@cached_until_commit()
def known_probes() -> list[Probe]:
    return all_probes()


def visitors_get(seen: Sequence[DirectoryStatus]) -> list[VisitorsGet]:
    """For each of these databases that has a site, in their order."""
    at, probes = now(), known_probes()
    return [_of(each, [row for row in probes if row.target == each.target.name], at)
            for each in seen]  # fmt: skip


def _of(directory: DirectoryStatus, probes: Sequence[Probe], at: datetime) -> VisitorsGet:
    home = next((row for row in probes if row.kind is ProbeKind.HOME), None)
    known, state = directory.overview.known, _state(home, at)
    found = VisitorsGet(
        target=directory.target,
        state=state,
        said=_why_unknown(home, at),
        at=at,
        why=_why(directory, probes, at),
        address=known.public_address if known else None,
    )
    if home is None or home.outcome is None:
        return found
    found = replace(found, measured_at=home.measured_at)
    if state == ProbeState.UNKNOWN.value:
        return found
    is_up, is_doubt = state == ProbeState.UP.value, state == DOUBT
    few = f" {home.streak} of {home.down_after} in a row that make it down." if is_doubt else ""
    if now_of(home, at).answers_again:
        few = f" {home.streak} of {home.up_after} in a row that make it up."
    return replace(
        found,
        said=f"{home.sentence or ''}{few}",
        since=None if is_doubt else home.state_since,
        milliseconds=home.milliseconds if is_up else None,
    )


def _state(home: Probe | None, at: datetime) -> str:
    if home is None or why_not_set_up(home):
        return ProbeState.UNKNOWN.value
    found = now_of(home, at)
    return DOUBT if found.is_in_doubt else found.state.value


def _why_unknown(home: Probe | None, at: datetime) -> str:
    if home is None:
        return "Nothing measures its site yet."
    if not home.is_on:
        return "The probe of its home page is switched off."
    if home.measured_at is None or home.outcome is None:
        return why_not_set_up(home) or "It was not measured yet."
    if home.measured_at > at:
        return "The last measurement is in the future: a clock is wrong."
    if home.outcome is ProbeOutcome.INCONCLUSIVE:
        return f"The last measurement could not tell: {home.sentence or 'it says nothing.'}"
    return "The last measurement is too old."


def _why(directory: DirectoryStatus, probes: Sequence[Probe], at: datetime) -> str | None:
    """The deepest cause: what its database is found to be now, else what the probes of it find."""
    judgement = directory.overview.judgement
    if not judgement.fits:
        return judgement.sentence
    down = {
        cause: row
        for row in probes
        if row.kind in SITE[:-1]
        and state_of(row, at) is ProbeState.DOWN
        and (cause := cause_of(row.kind, row.target))
    }
    if not down:
        return None
    cause = deepest(down)
    said = _without_name(sentence_of(cause, down[cause]), cause)
    return f"{said} {CURRENT_NOW}" if _was_changed_since(directory, down[cause]) else said


def _was_changed_since(directory: DirectoryStatus, row: Probe) -> bool:
    """Whether the database left the schema that the probe found, for the current one."""
    overview = directory.overview
    is_current = not overview.pending and not overview.ahead
    is_at = f" at {short(overview.judgement.revision or '')}"
    return row.kind is ProbeKind.SCHEMA and is_current and is_at not in (row.sentence or "")


def _without_name(sentence: str, cause: Cause) -> str:
    """The line says the name already."""
    said = sentence.removeprefix(f"{(cause.target or '').capitalize()}: ")
    return said[:1].upper() + said[1:]
