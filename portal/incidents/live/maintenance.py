"""Planned maintenance: its messages are written when it is scheduled, and each leaves at its time.

Cancelling it holds back those that have yet to leave. The caller commits.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from portal.accounts.models import Account
from portal.audit.service import record
from portal.core.clock import now
from portal.core.configuration.settings import settings
from portal.core.errors import Conflict, Invalid
from portal.core.storage.database import db
from portal.incidents.live.models import IncidentUpdate, LiveIncident, Phase
from portal.incidents.live.opening import Opening, open_incident, publish, record_opening
from portal.incidents.live.phases import checked_text, settle
from portal.incidents.live.updates import (
    Said,
    changed,
    facts,
    leaves_at,
    pending,
    readers_of,
    require_current,
    write_update,
)
from portal.incidents.parsing.vocabulary import Severity

DAY = timedelta(days=1)
LONGEST, FURTHEST = timedelta(days=7), timedelta(days=366)


@dataclass(frozen=True)
class Planned:
    """A message that will leave at its time; `name` says which of them it is."""

    name: str
    phase: Phase
    leaves_at: datetime
    text: str


def planned(opening: Opening, text: str) -> list[Planned]:
    """What will leave when it is scheduled now. What would be late already is left out.

    Raises Invalid without times that can be.
    """
    begins, ends = _times(opening)
    first = now() + timedelta(seconds=settings().update_delay)
    span = f"from {_clock(begins)} to {_clock(ends)}"
    later = [
        Planned("the day before", Phase.SCHEDULED, begins - DAY, f"It is due tomorrow, {span}."),
        Planned(
            "at the start", Phase.UNDER_WAY, begins, f"It has begun and ends at {_clock(ends)}."
        ),
        Planned("at the end", Phase.DONE, ends, "It is done."),
    ]
    is_late = begins <= first
    phase = Phase.UNDER_WAY if is_late else Phase.SCHEDULED
    found = [Planned("now", phase, first, f"{text} It is planned {span}.")]
    return found + [each for each in later if each.leaves_at > first]


def cancellation_of(opening: Opening) -> str:
    """What a cancellation says unless somebody writes other words."""
    planned_for = f" for {_clock(opening.begins_at)}" if opening.begins_at else ""
    return f"The maintenance that was planned{planned_for} is cancelled."


def open_or_schedule(
    opening: Opening, said: Said, *, by: Account, draft: LiveIncident | None = None
) -> list[IncidentUpdate]:
    """By its severity: the updates that were written."""
    if opening.severity is Severity.MAINTENANCE:
        return schedule_maintenance(opening, said, by=by, draft=draft)
    return [open_incident(opening, said, by=by, draft=draft)]


def schedule_maintenance(
    opening: Opening, said: Said, *, by: Account, draft: LiveIncident | None = None
) -> list[IncidentUpdate]:
    """All its updates, each with its own time. Raises what `open_incident` raises."""
    text = checked_text(said.text)
    found = planned(opening.checked(), text)
    incident = publish(opening, said, by=by, draft=draft)
    incident.started_at = incident.begins_at or now()
    updates = [_write(incident, each, said, number, by=by) for number, each in enumerate(found)]
    changed(incident)
    record_opening(incident, updates[0], by=by)
    return updates


def cancel_maintenance(
    incident: LiveIncident, text: str, *, once_key: str, version: int, seen: int, by: Account
) -> IncidentUpdate:
    """Hold back what has yet to leave, and say that it is cancelled to those who were informed.

    For staff alone if nothing has left for others. Raises Conflict if it is over.
    """
    require_current(incident, version, seen)
    if not incident.is_maintenance or incident.is_over or not incident.published_at:
        raise Conflict("Only maintenance that is planned or under way can be cancelled.")
    for each in pending(incident):
        each.held_at, each.held_by = now(), by.name
    db.session.flush()
    audience, clients = readers_of(each for each in incident.updates if each.has_left)
    update = IncidentUpdate(
        number=max((each.number for each in incident.updates), default=0) + 1,
        phase=Phase.CANCELLED,
        text=checked_text(text),
        audience=audience,
        clients=clients,
        happened_at=now(),
        created_by_id=by.id,
        created_by=by.name,
        leaves_at=leaves_at(audience),
        once_key=once_key,
    )
    incident.updates.append(update)
    changed(incident)
    target = f"incidents/{incident.slug}"
    record("incident.cancelled", update, by=by, target=target, details=facts(update))
    return update


def maintenance_to_settle() -> list[int]:
    """The maintenance whose phase has moved on with the time."""
    query = select(LiveIncident).where(
        LiveIncident.published_at > now() - LONGEST - FURTHEST,
        LiveIncident.begins_at.is_not(None),
        LiveIncident.resolved_at.is_(None),
    )
    return [each.id for each in db.session.scalars(query) if phase_now(each) != each.phase]


def settle_maintenance(ids: Sequence[int]) -> None:
    for number in ids:
        settle(db.session.get_one(LiveIncident, number))
    db.session.commit()


def phase_now(incident: LiveIncident) -> Phase:
    """Of maintenance that of the last update that has left, whether or not the worker runs."""
    left = [each for each in incident.updates if each.has_left]
    return left[-1].phase if incident.is_maintenance and left else incident.phase


def _write(
    incident: LiveIncident, each: Planned, said: Said, number: int, *, by: Account
) -> IncidentUpdate:
    is_first = number == 0
    own = replace(
        said,
        text=each.text,
        phase=each.phase,
        once_key=said.once_key if is_first else f"{said.once_key}:{number}",
        next_update_at=None,
        happened_at=None,
    )
    at = leaves_at(said.audience) if is_first else each.leaves_at
    update = write_update(incident, own, by=by, leaves_at=at)
    if not is_first:
        update.happened_at = each.leaves_at
    return update


def _times(opening: Opening) -> tuple[datetime, datetime]:
    begins, ends, at = opening.begins_at, opening.ends_at, now()
    if begins is None:
        raise Invalid("Say when it begins.", field="begins")
    if ends is None:
        raise Invalid("Say when it ends.", field="ends")
    if begins < at - DAY or begins > at + FURTHEST:
        raise Invalid("Choose a time within the coming year.", field="begins")
    if ends <= max(begins, at):
        raise Invalid("It has to end after it begins, and in the future.", field="ends")
    if ends - begins > LONGEST:
        raise Invalid("It can take a week at most.", field="ends")
    return begins, ends


def _clock(at: datetime) -> str:
    return f"{at.astimezone(UTC):%-d %B %Y, %H:%M} UTC"
