"""Renders the texts of an update's messages before the act that queues them.

Rendering takes a process of its own and some milliseconds for each person. What was rendered is
kept, so that the messages are then written without it, and other writers do not wait for it.
"""

from portal.core.storage.database import db, reading
from portal.documents.audiences.audience import Audience
from portal.emails.html import rendered_for
from portal.emails.live_updates.letters import body_of
from portal.emails.live_updates.preview import facts_of_steps, preview_of
from portal.emails.live_updates.recipients import recipients_of
from portal.incidents.live.models import LiveIncident
from portal.incidents.live.opening import Opening
from portal.incidents.live.queries import incident_named
from portal.incidents.live.updates import Said
from portal.incidents.reports import reader_of_contact

#: Fewer than are kept, so that none is dropped before it is used.
MOST = 200


def render_without_lock(opening: Opening, said: Said, *, slug: str | None) -> None:
    """Ends the transaction of this request, which has written nothing yet, and holds no lock.

    What is wrong with the form is left to the act itself, which says it.
    """
    db.session.rollback()
    with reading():
        try:
            incident = incident_named(slug) if slug else None
            _render(opening, said, incident)
        finally:
            db.session.rollback()


def _render(opening: Opening, said: Said, incident: LiveIncident | None) -> None:
    if said.audience is Audience.INTERNAL:
        return
    preview_of(
        opening, said, incident
    )  # the checks of text, title and what is affected render, too
    people = recipients_of(said.audience, said.clients)[:MOST]
    for facts in facts_of_steps(opening, said, incident):
        for contact in people:
            rendered_for(body_of(facts, contact), reader_of_contact(contact))
