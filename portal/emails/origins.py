"""Messages to clients about a live incident: for the report about it, and for its measures."""

from datetime import datetime

from sqlalchemy import func, or_, select

from portal.core.storage.database import db
from portal.emails.models import Mailing, Message
from portal.incidents.live.models import IncidentUpdate, LiveIncident
from portal.incidents.origins import MOST, Origin, Scope, limited


def origins_of_messages(incident: LiveIncident, scope: Scope) -> list[Origin]:
    """When each was sent; neither to whom nor what it says."""
    updates = select(IncidentUpdate.id).where(IncidentUpdate.incident_id == incident.id)
    query = (
        select(Message.id, Message.sent_at)
        .join(Message.mailing)
        .where(
            or_(Mailing.live_update_id.in_(updates), Mailing.incident == incident.slug),
            Message.sent_at.between(scope.since, scope.until),
        )
        .order_by(Message.sent_at, Message.id)
        .limit(MOST * 2)
    )
    found = list[Origin]()
    for message_id, sent_at in db.session.execute(query):
        which = "A message" if found else "The first message"
        address = f"/ops/emails/{message_id}"
        if sent_at:
            found.append(Origin(sent_at, f"{which} to a client was sent", address))
    return limited(found, more="/ops/emails")


def first_messages() -> tuple[dict[int, datetime], dict[str, datetime]]:
    """When the first message was sent: by live incident, and by a report's slug."""
    sent = select(Message.mailing_id, func.min(Message.sent_at).label("at"))
    first = sent.where(Message.sent_at.is_not(None)).group_by(Message.mailing_id).subquery()
    live = (
        select(IncidentUpdate.incident_id, func.min(first.c.at))
        .join(Mailing, Mailing.live_update_id == IncidentUpdate.id)
        .join(first, first.c.mailing_id == Mailing.id)
        .group_by(IncidentUpdate.incident_id)
    )
    reports = (
        select(Mailing.incident, func.min(first.c.at))
        .join(first, first.c.mailing_id == Mailing.id)
        .group_by(Mailing.incident)
    )
    by_incident = {key: at for key, at in db.session.execute(live) if at}
    return by_incident, {key: at for key, at in db.session.execute(reports) if at}
