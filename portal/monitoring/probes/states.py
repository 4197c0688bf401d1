"""How a measurement changes the state of a probe, and which time is known through it.

Pure functions: what is stored is in `recording`. A failure or a success in a row changes the state
only after as many as the probe's thresholds say; the state then began at the first of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from portal.monitoring.probes.models import ProbeOutcome, ProbeState

UP, DOWN, UNKNOWN = ProbeState.UP, ProbeState.DOWN, ProbeState.UNKNOWN
SAYS = {ProbeOutcome.PASSED: UP, ProbeOutcome.FAILED: DOWN}
ANY = timedelta(0)


@dataclass(frozen=True)
class Rule:
    """The interval and the thresholds of one probe."""

    interval: timedelta
    timeout: timedelta
    down_after: int = 3
    up_after: int = 2

    @property
    def reach(self) -> timedelta:
        """The longest time between two measurements in which the state is known."""
        return 2 * self.interval + self.timeout


@dataclass(frozen=True)
class Known:
    """A time in which the state is known."""

    state: ProbeState
    began_at: datetime
    until_at: datetime


@dataclass(frozen=True)
class Standing:
    """The state after the last measurement, and the time that it continues, if any.

    `last` is the outcome of the last measurement, `measured_at` the time of the last one that was
    conclusive.
    """

    state: ProbeState = UNKNOWN
    since: datetime | None = None
    streak: int = 0
    measured_at: datetime | None = None
    last: ProbeOutcome | None = None
    span: Known | None = None


@dataclass(frozen=True)
class Change:
    """`span` is the current one after it; `is_new`: it is another than before, which `before`
    replaces where that one ended earlier than was recorded."""

    standing: Standing
    is_new: bool = False
    before: Known | None = None


Earlier = Sequence[tuple[datetime, ProbeOutcome]]
"""The last measurements of a probe, the newest first."""


def is_within(earlier: datetime | None, at: datetime, reach: timedelta) -> bool:
    """Whether a measurement at `at` continues an earlier one: not in the future, no long gap."""
    return earlier is not None and ANY <= at - earlier <= reach


def state_at(standing: Standing, rule: Rule, at: datetime) -> ProbeState:
    """The state at a time: unknown where the last measurement is too old, in the future, or could
    not tell."""
    if standing.last is ProbeOutcome.INCONCLUSIVE:
        return UNKNOWN
    return standing.state if is_within(standing.measured_at, at, rule.reach) else UNKNOWN


def is_repeated(standing: Standing, rule: Rule, at: datetime) -> bool:
    """Whether it was measured for this interval already, by another process."""
    if standing.measured_at is None or standing.last is ProbeOutcome.INCONCLUSIVE:
        return False
    return abs(at - standing.measured_at) < rule.interval / 2


def measured(
    standing: Standing, rule: Rule, at: datetime, outcome: ProbeOutcome, earlier: Earlier = ()
) -> Change:
    """The standing after a measurement. `earlier`: those before it, for the time of the first."""
    if outcome is ProbeOutcome.INCONCLUSIVE:
        return Change(replace(standing, last=outcome, span=None))
    found = SAYS[outcome]
    state, streak = _counted(standing, rule, at, found)
    is_known = standing.span is not None and is_within(standing.span.until_at, at, rule.reach)
    span = standing.span if is_known else None
    begun = run_start(at, outcome, earlier, rule) if state is found else at
    after = _spans(span, state, at, begun)
    is_same = standing.state is state and is_within(standing.measured_at, at, rule.reach)
    since = standing.since if is_same else begun
    return replace(
        after,
        standing=replace(
            after.standing,
            state=state,
            since=since or begun,
            streak=streak,
            measured_at=at,
            last=outcome,
        ),
    )


def _counted(
    standing: Standing, rule: Rule, at: datetime, found: ProbeState
) -> tuple[ProbeState, int]:
    """The state and the streak. After a gap what contradicts the state makes it unknown."""
    if found is standing.state:
        return found, 0
    if standing.state is UNKNOWN and found is UP:
        return UP, 0
    is_recent = is_within(standing.measured_at, at, rule.reach)
    streak = standing.streak + 1 if is_recent else 1
    needed = rule.down_after if found is DOWN else rule.up_after
    if streak >= needed:
        return found, 0
    return (standing.state, streak) if is_recent else (UNKNOWN, streak)


def run_start(at: datetime, outcome: ProbeOutcome, earlier: Earlier, rule: Rule) -> datetime:
    """The first of the measurements in a row, without a gap, that found the same."""
    begun = at
    for when, found in earlier:
        if found is not outcome or not is_within(when, begun, rule.reach):
            break
        begun = when
    return begun


def _spans(span: Known | None, state: ProbeState, at: datetime, begun: datetime) -> Change:
    if state is UNKNOWN:
        return Change(Standing(span=None))
    if span is not None and span.state is state:
        return Change(Standing(span=replace(span, until_at=at)))
    if span is None:
        return Change(Standing(span=Known(state, begun, at)), is_new=True)
    begun = max(begun, span.began_at)
    before = replace(span, until_at=begun)
    return Change(Standing(span=Known(state, begun, at)), is_new=True, before=before)
