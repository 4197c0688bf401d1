"""Opening an incident, publishing a draft, and who leads it. The caller commits.

A draft is made by monitoring and is for staff. Publishing it is always an act of a person.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256

from sqlalchemy import select

from portal.accounts.models import STAFF, Account
from portal.audit.service import record
from portal.core.clock import now
from portal.core.errors import Conflict, Invalid
from portal.core.storage.database import db
from portal.documents.models import DocumentKind
from portal.documents.publishing.sources import current_source
from portal.incidents.live.models import IncidentUpdate, LiveIncident
from portal.incidents.live.phases import LONGEST_AFFECTED, LONGEST_TITLE, checked_text, phases_of
from portal.incidents.live.queries import live_of_report
from portal.incidents.live.updates import (
    Said,
    changed,
    facts,
    leaves_at,
    require_current,
    write_update,
)
from portal.incidents.parsing.vocabulary import Severity


@dataclass(frozen=True)
class Opening:
    """What it is, how bad it is, and what is affected. `report`: the slug of the report that it is
    about, if there is one already.
    """

    title: str
    severity: Severity
    affected: Sequence[str] = ()
    begins_at: datetime | None = None
    ends_at: datetime | None = None
    report: str | None = None

    def checked(self) -> "Opening":
        """A copy without blanks around. Raises Invalid."""
        title = " ".join(self.title.split())
        if not title:
            raise Invalid("Say what it is about.", field="title")
        if len(title) > LONGEST_TITLE:
            raise Invalid(f"Keep it below {LONGEST_TITLE} characters.", field="title")
        affected = list(dict.fromkeys(filter(None, (" ".join(e.split()) for e in self.affected))))
        if len(affected) > LONGEST_AFFECTED or any(len(e) > LONGEST_TITLE for e in affected):
            raise Invalid("Name at most 20 parts, each in a few words.", field="own")
        return replace(self, title=title, affected=affected)


def open_incident(
    opening: Opening, said: Said, *, by: Account, draft: LiveIncident | None = None
) -> IncidentUpdate:
    """The first update of a new incident, or of a draft that is published with it.

    Raises Invalid for wrong input, Conflict for a draft that was changed or published meanwhile.
    """
    incident = publish(opening, said, by=by, draft=draft)
    said = replace(said, text=checked_text(said.text))
    update = write_update(incident, said, by=by, leaves_at=leaves_at(said.audience))
    if draft is None:
        incident.started_at = update.happened_at
    changed(incident)
    record_opening(incident, update, by=by)
    return update


def publish(
    opening: Opening, said: Said, *, by: Account, draft: LiveIncident | None
) -> LiveIncident:
    """The incident without its first update; the one who opens it leads it."""
    opening = opening.checked()
    if draft is not None:
        require_current(draft, said.version, said.seen)
        if not draft.is_draft:
            raise Conflict("This draft is published already.")
    incident = draft or _new(said.once_key, by=by)
    incident.title, incident.severity = opening.title, opening.severity
    incident.affected = list(opening.affected)
    incident.begins_at, incident.ends_at = opening.begins_at, opening.ends_at
    if opening.report:
        incident.report_slug = _report_without_incident(opening.report)
    incident.phase = phases_of(opening.severity)[0]
    incident.published_at = now()
    if not incident.acknowledged_at:
        incident.acknowledged_at, incident.acknowledged_by = now(), by.name
    if incident.lead_id is None:
        incident.lead_id, incident.lead = by.id, by.name
    db.session.add(incident)
    db.session.flush()
    return incident


def record_opening(incident: LiveIncident, update: IncidentUpdate, *, by: Account) -> None:
    details = {"severity": incident.severity, **facts(update)}
    if incident.report_slug:
        details["report"] = incident.report_slug
    record("incident.opened", incident, by=by, target=_target(incident), details=details)


def discard_draft(incident: LiveIncident, *, by: Account) -> None:
    """Raises Conflict once it is published; does nothing for one that was discarded."""
    if incident.discarded_at:
        return
    if incident.published_at:
        raise Conflict("It is published: resolve it with an update instead.")
    incident.discarded_at, incident.discarded_by = now(), by.name
    changed(incident)
    record("incident.discarded", incident, by=by, target=_target(incident))


def acknowledge(incident: LiveIncident, *, by: Account) -> None:
    """The first one counts."""
    if incident.acknowledged_at:
        return
    incident.acknowledged_at, incident.acknowledged_by = now(), by.name
    changed(incident)
    record("incident.acknowledged", incident, by=by, target=_target(incident))


def hand_over(incident: LiveIncident, to: Account, *, by: Account) -> None:
    """Another member of staff leads. Raises Invalid for an account that can't, Conflict for an
    incident that was discarded."""
    if incident.discarded_at:
        raise Conflict("This draft was discarded.")
    if to.is_disabled or not to.is_staff:
        raise Invalid(f"{to.name} can’t lead an incident.", field="lead")
    if incident.lead_id == to.id:
        return
    before = incident.lead_id
    incident.lead_id, incident.lead = to.id, to.name
    changed(incident)
    details = {"from": before, "to": to.id}
    record("incident.handed-over", incident, by=by, target=_target(incident), details=details)


def staff_who_can_lead() -> list[Account]:
    query = select(Account).where(Account.role.in_(STAFF), Account.disabled_at.is_(None))
    return list(db.session.scalars(query.order_by(Account.name, Account.id)))


def _report_without_incident(slug: str) -> str:
    """Raises Invalid for a report that is not there, Conflict if it has a live incident."""
    if current_source(DocumentKind.REPORT, slug) is None:
        raise Invalid("The report that this update is about is not there any more.")
    if other := live_of_report(slug):
        raise Conflict(
            f"This report is about the incident “{other.title}”, so nothing was sent.",
            remedy="Send the update on the page of that incident.",
        )
    return slug


def _target(incident: LiveIncident) -> str:
    return f"incidents/{incident.slug}"


def _new(once_key: str, *, by: Account) -> LiveIncident:
    at = now()
    return LiveIncident(
        slug=free_slug(once_key, at),
        started_at=at,
        detected_at=at,
        opened_at=at,
        opened_by_id=by.id,
        opened_by=by.name,
        version=0,
    )


def free_slug(once_key: str, at: datetime) -> str:
    """Without words: an address may be read by others than the title was written for."""
    digest = sha256(once_key.encode()).hexdigest()
    for length in range(6, len(digest)):
        slug = f"{at:%Y-%m-%d}-{digest[:length]}"
        if not db.session.scalar(select(LiveIncident.id).where(LiveIncident.slug == slug)):
            return slug
    raise Conflict("This form was sent before.")
