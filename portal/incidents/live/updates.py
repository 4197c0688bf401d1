"""Updates of a live incident: checked, numbered, written once. The caller commits.

Their messages are written by `portal.emails.live_updates` in the same transaction.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import select

from portal.accounts.clients.queries import organisations
from portal.accounts.models import Account
from portal.audit.service import record
from portal.core.clock import now
from portal.core.configuration.settings import settings
from portal.core.errors import Conflict, Forbidden, Invalid
from portal.core.storage.database import db
from portal.documents.audiences.audience import Audience
from portal.incidents.live.models import IncidentUpdate, LiveIncident, Phase
from portal.incidents.live.phases import checked_phase, checked_text, settle
from portal.incidents.live.view import OVER

EARLIEST = timedelta(days=31)


@dataclass(frozen=True)
class Said:
    """What a form says. `version` is that of the incident that its page showed, `seen` the number
    of the last update there; `once_key` is the form's own.
    """

    text: str
    phase: str
    audience: Audience
    once_key: str
    clients: Sequence[str] = ()
    next_update_at: datetime | None = None
    happened_at: datetime | None = None
    corrects: int | None = None
    version: int = 0
    seen: int = 0


def add_update(incident: LiveIncident, said: Said, *, by: Account) -> IncidentUpdate:
    """Raises Conflict for an older page or one that is over and closed, Invalid for wrong input,
    Forbidden for a correction that only an administrator may write.
    """
    require_current(incident, said.version, said.seen)
    if not incident.published_at:
        raise Conflict("This is a draft: publish it first.")
    corrected = _corrected(incident, said.corrects, by=by)
    _require_end_for_all(incident, said)
    said = replace(said, text=checked_text(said.text))
    update = write_update(incident, said, by=by, leaves_at=leaves_at(said.audience))
    update.corrects = corrected
    end_superseded(incident, update, by=by)
    changed(incident)
    record(
        "incident.updated",
        update,
        by=by,
        target=f"incidents/{incident.slug}",
        details={**facts(update), "corrects": corrected.number if corrected else None},
    )
    return update


def write_update(
    incident: LiveIncident, said: Said, *, by: Account, leaves_at: datetime
) -> IncidentUpdate:
    """The row of a checked text, before those that are written in advance and have yet to leave."""
    audience, clients = checked_audience(said.audience, said.clients)
    widen(incident, audience, clients)
    update = IncidentUpdate(
        number=_free_number(incident, leaves_at),
        phase=checked_phase(said.phase, incident.severity),
        text=said.text,
        audience=audience,
        clients=clients,
        happened_at=_happened(said.happened_at),
        created_by_id=by.id,
        created_by=by.name,
        next_update_at=_promised(said),
        leaves_at=leaves_at,
        once_key=said.once_key,
    )
    incident.updates.append(update)
    db.session.flush()
    return update


def update_of_form(once_key: str) -> IncidentUpdate | None:
    """What this form has done already."""
    query = select(IncidentUpdate).where(IncidentUpdate.once_key == once_key)
    return db.session.scalar(query) if once_key else None


def require_current(incident: LiveIncident, version: int, seen: int) -> None:
    """Raises Conflict if the incident was changed since the page was shown, with what is new."""
    if incident.discarded_at:
        raise Conflict("This draft was discarded.")
    if incident.version == version:
        return
    later = [each for each in incident.updates if each.number > seen]
    news = [f"{each.created_by} wrote: “{each.text}”" for each in later]
    news = news or [f"It is “{incident.phase}”, led by {incident.lead or 'no one'}."]
    raise Conflict(
        "The incident was changed after you opened this form, so nothing was sent.",
        remedy=f"Meanwhile: {' '.join(news)} What you typed is kept.",
    )


def checked_audience(audience: Audience, clients: Sequence[str]) -> tuple[Audience, list[str]]:
    """Raises Invalid for clients that are not here, or who would be named in public."""
    named = sorted(set(clients))
    if named and audience is not Audience.CLIENTS:
        raise Invalid("Clients are chosen for updates to clients only.", field="clients")
    if unknown := set(named) - {each.slug for each in organisations()}:
        raise Invalid(f"There is no client “{sorted(unknown)[0]}”.", field="clients")
    return audience, named


def covers(
    audience: Audience, clients: Sequence[str], other: Audience, others: Sequence[str]
) -> bool:
    """Whether everyone outside the staff who may read the other one may read the first."""
    order = list(Audience)
    if other is Audience.INTERNAL or order.index(audience) < order.index(other):
        return True
    if audience is not other:
        return False
    return not clients or (bool(others) and set(others) <= set(clients))


def narrow(incident: LiveIncident) -> None:
    """For whom it is by the updates that are not held back."""
    audience, clients = readers_of(each for each in incident.updates if each.held_at is None)
    incident.audience, incident.clients = audience, clients


def readers_of(updates: Iterable[IncidentUpdate]) -> tuple[Audience, list[str]]:
    audience, clients = Audience.INTERNAL, list[str]()
    for each in updates:
        audience, clients = widened(audience, clients, each.audience, each.clients)
    return audience, clients


def widen(incident: LiveIncident, audience: Audience, clients: list[str]) -> None:
    """The incident is for whomever one of its updates is for."""
    before = incident.audience or Audience.INTERNAL, incident.clients or []
    incident.audience, incident.clients = widened(*before, audience, clients)


def widened(
    audience: Audience, clients: Sequence[str], new: Audience, named: Sequence[str]
) -> tuple[Audience, list[str]]:
    """Whom an incident for `audience` is for once an update for `new` was written."""
    order = list(Audience)
    if order.index(new) < order.index(audience):
        return new, list(named)
    if new is audience and clients:
        return audience, sorted({*clients, *named}) if named else []
    return audience, list(clients)


def leaves_at(audience: Audience) -> datetime:
    """What is for staff leaves at once."""
    waits = 0 if audience is Audience.INTERNAL else settings().update_delay
    return now() + timedelta(seconds=waits)


def end_superseded(incident: LiveIncident, update: IncidentUpdate, *, by: Account) -> None:
    """Hold back what was written in advance of maintenance for this phase or an earlier one."""
    order = list(Phase)
    for each in written_in_advance(incident, update.leaves_at):
        is_past = order.index(each.phase) <= order.index(update.phase)
        if is_past and covers(update.audience, update.clients, each.audience, each.clients):
            each.held_at, each.held_by = now(), by.name
    db.session.flush()


def written_in_advance(incident: LiveIncident, at: datetime) -> list[IncidentUpdate]:
    """Those of maintenance that leave after that time, in their order."""
    if not incident.is_maintenance:
        return []
    return [each for each in pending(incident) if each.leaves_at > at]


def pending(incident: LiveIncident) -> list[IncidentUpdate]:
    """Those that have yet to leave, in their order."""
    found = [each for each in incident.updates if each.can_be_held]
    return sorted(found, key=lambda each: each.number)


def changed(incident: LiveIncident) -> None:
    incident.version += 1
    db.session.flush()
    db.session.expire(incident, ["updates"])
    settle(incident)
    db.session.flush()


def facts(update: IncidentUpdate) -> dict[str, object]:
    """For the audit log, without the text."""
    return {
        "number": update.number,
        "phase": update.phase,
        "audience": update.audience,
        "clients": update.clients,
        "leaves": update.leaves_at,
        "happened": update.happened_at,
    }


def _free_number(incident: LiveIncident, leaves_at: datetime) -> int:
    """Those that leave after it get the next ones, as readers see them in the order of numbers;
    also those that were held back."""
    later = [e for e in incident.updates if incident.is_maintenance and e.leaves_at > leaves_at]
    later.sort(key=lambda each: each.number)
    free = max((each.number for each in incident.updates if each not in later), default=0) + 1
    for start in (free + len(incident.updates) + 1, free + 1):  # no number is there twice meanwhile
        for number, each in enumerate(later, start):
            each.number = number
        db.session.flush()
    return free


def _corrected(incident: LiveIncident, number: int | None, *, by: Account) -> IncidentUpdate | None:
    if number is None:
        return None
    found = next((each for each in incident.updates if each.number == number), None)
    if found is None or not found.has_left:
        raise Invalid("Only an update that has left is corrected.", field="corrects")
    if found.audience is not Audience.INTERNAL and not by.is_admin:
        raise Forbidden("An administrator corrects what was sent to others.")
    return found


def _require_end_for_all(incident: LiveIncident, said: Said) -> None:
    """Raises Invalid where some who know of it would never read that it is over."""
    readers = said.audience, said.clients
    if said.phase in OVER and not covers(*readers, incident.audience, incident.clients):
        raise Invalid(
            "Everyone who was informed has to read that it is over.",
            remedy="Choose the readers of the updates before.",
            field="audience",
        )


def _happened(at: datetime | None) -> datetime:
    if at is None:
        return now()
    if at > now():
        raise Invalid("This time has yet to come.", field="happened")
    if at < now() - EARLIEST:
        raise Invalid("This is more than a month ago.", field="happened")
    return at


def _promised(said: Said) -> datetime | None:
    return None if said.phase in OVER else said.next_update_at
