"""Opens, deepens, reopens and ends outages by what the probes' rows say.

Everything happens in one transaction that holds the ops writer lock, so a second worker that looks
at the same moment finds it done.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import or_, select
from sqlalchemy.exc import DBAPIError

from portal.audit.actor import SYSTEM
from portal.audit.service import record
from portal.core.faults.unexpected import note_unexpected
from portal.core.storage.database import JsonDict, db
from portal.incidents.live.drafts import (
    DraftWords,
    is_closed,
    note_outage_ended,
    note_outage_returned,
    open_draft,
    reword_draft,
)
from portal.jobs.operations.recovery import read_and_release
from portal.monitoring.outages.cause import Cause, cause_named, cause_of, deepest
from portal.monitoring.outages.measured import first_failure
from portal.monitoring.outages.models import Outage
from portal.monitoring.outages.schedule import after_end, after_opening, after_return
from portal.monitoring.outages.sentences import affected_by, sentence_of, title_of
from portal.monitoring.probes.models import Probe, ProbeState
from portal.monitoring.probes.queries import is_measured, state_of

SAME_OUTAGE = timedelta(hours=1)
"""What comes back sooner after its end is the same outage, with the same draft."""


log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Failing:
    """The probes of one group that are down, and the deepest cause that they show."""

    cause: Cause
    probes: Sequence[Probe]

    @property
    def evidence(self) -> Probe:
        return next(each for each in self.probes if each.kind is self.cause.kind)


def react(at: datetime) -> None:
    """Called after each round of measurements, with its time, outside of a transaction; commits.

    A probe whose state is unknown neither begins an outage nor ends one.
    """
    with read_and_release():
        is_calm = not _failing(_probes(), at) and not _open()
    if is_calm:
        return
    probes = _probes()
    failing = _failing(probes, at)
    for group, found in failing.items():
        _apart(group, partial(_go_on, found, group, probes, at))
    for outage in _open():
        cause = cause_named(outage.cause)
        if cause is None or cause.group not in failing:
            _apart(outage.cause, partial(_end_if_over, outage, probes, at))
    db.session.commit()


def _apart(what: str, act: Callable[[], None]) -> None:
    """What goes wrong with one outage stops no other; a database that fails stops all."""
    try:
        with db.session.begin_nested():
            act()
    except DBAPIError:
        raise
    except Exception as error:
        log.exception("The outage %s could not be followed", what)
        note_unexpected(error, "worker: react")


def _probes() -> list[Probe]:
    return list(db.session.scalars(select(Probe).order_by(Probe.id)))


def _open() -> list[Outage]:
    return list(
        db.session.scalars(select(Outage).where(Outage.ended_at.is_(None)).order_by(Outage.id))
    )


def _failing(probes: Sequence[Probe], at: datetime) -> dict[str, Failing]:
    """By group of causes."""
    groups: dict[str, list[tuple[Cause, Probe]]] = {}
    for probe in probes:
        cause = cause_of(probe.kind, probe.target)
        if cause and state_of(probe, at) is ProbeState.DOWN:
            groups.setdefault(cause.group, []).append((cause, probe))
    return {
        group: Failing(deepest(cause for cause, _ in found), [probe for _, probe in found])
        for group, found in groups.items()
    }


def _go_on(found: Failing, group: str, probes: Sequence[Probe], at: datetime) -> None:
    outage = _latest_of(group, at)
    if outage is None or (outage.ended_at is not None and is_closed(outage.incident_id)):
        _begin(found, probes, at)
        return
    if outage.ended_at is not None:
        _reopen(outage, found, at)
    _deepen(outage, found, probes)
    outage.probes = list(dict.fromkeys([*outage.probes, *(each.key for each in found.probes)]))


def _latest_of(group: str, at: datetime) -> Outage | None:
    """The group's open outage, or the one that ended a short while ago. An end in the future, by a
    clock that was wrong, counts as a short while."""
    recent = or_(Outage.ended_at.is_(None), Outage.ended_at >= at - SAME_OUTAGE)
    rows = db.session.scalars(select(Outage).where(recent).order_by(Outage.id.desc()))
    same = [each for each in rows if (cause := cause_named(each.cause)) and cause.group == group]
    return min(same, key=lambda each: each.ended_at is not None, default=None)


def _begin(found: Failing, probes: Sequence[Probe], at: datetime) -> None:
    outage = Outage(
        cause=found.cause.name,
        target=found.cause.target,
        sentence=sentence_of(found.cause, found.evidence),
        probes=[each.key for each in found.probes],
        began_at=min(first_failure(each, at) for each in found.probes),
        seen_at=at,
        next_notice_at=after_opening(at),
    )
    db.session.add(outage)
    db.session.flush()
    words = _words(found.cause, probes)
    draft = open_draft(
        words, outage_id=outage.id, started_at=outage.began_at, detected_at=outage.seen_at
    )
    outage.incident_id = draft.id
    details = {"cause": outage.cause, "incident": draft.slug}
    _record("outage.opened", outage, details)


def _reopen(outage: Outage, found: Failing, at: datetime) -> None:
    if outage.ended_at is not None:
        note_outage_returned(outage.incident_id, ended_at=outage.ended_at)
    outage.ended_at = None
    outage.times_down += 1
    outage.sentence = sentence_of(found.cause, found.evidence)
    after_return(outage, at)
    _record("outage.returned", outage, {"cause": outage.cause, "times": outage.times_down})


def _deepen(outage: Outage, found: Failing, probes: Sequence[Probe]) -> None:
    """A known deeper cause stays: what it brought down with it may take longer to come back."""
    was = cause_named(outage.cause)
    if was is None or found.cause.depth <= was.depth:
        return
    outage.cause = found.cause.name
    outage.sentence = sentence_of(found.cause, found.evidence)
    reword_draft(outage.incident_id, was=_words(was, probes), becomes=_words(found.cause, probes))
    _record("outage.explained", outage, {"cause": outage.cause, "was": was.name})


def _end_if_over(outage: Outage, probes: Sequence[Probe], at: datetime) -> None:
    """Probes that were removed or turned off are not waited for; without any left it ends, but
    says nothing of being up."""
    measured = [each for each in probes if is_measured(each) and each.key in outage.probes]
    if any(state_of(each, at) is not ProbeState.UP for each in measured):
        return
    outage.ended_at = max(at, outage.began_at)
    after_end(outage, at, is_up=bool(measured))
    if measured:
        note_outage_ended(outage.incident_id, at=outage.ended_at)
    _record("outage.ended", outage, {"cause": outage.cause, "measured": len(measured)})


def _words(cause: Cause, probes: Sequence[Probe]) -> DraftWords:
    affected = affected_by(cause, probes)
    return DraftWords(title_of(cause, affected), cause.severity, affected)


def _record(action: str, outage: Outage, details: JsonDict) -> None:
    record(action, outage, by=SYSTEM, target=outage.target, details=details)
