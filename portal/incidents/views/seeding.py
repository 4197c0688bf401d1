"""“Write the report”: from a resolved live incident to a draft in the editor."""

from flask import url_for
from sqlalchemy import select
from sqlalchemy.orm import selectinload
from werkzeug.wrappers import Response

from portal.accounts.permissions.access import staff, the_account
from portal.core.errors import NotFound
from portal.core.forms import commit_and_redirect, require_pressed
from portal.core.storage.database import db
from portal.emails.origins import origins_of_messages
from portal.incidents.live.models import LiveIncident
from portal.incidents.live.seeding import begin_report, is_published
from portal.incidents.origins import Origin, origins_in_ops, scope_of
from portal.incidents.views import blueprint
from portal.monitoring.origins import origins_of_monitoring, targets_of


@blueprint.post("/ops/incidents/live/<slug>/report")
@staff
def create_report(slug: str) -> Response:
    require_pressed()
    incident = _incident(slug)
    report = begin_report(incident, _origins(incident), by=the_account())
    if is_published(report):
        address, said = url_for(".show_incident", slug=report), "The report is there already."
    else:
        address, said = url_for(".edit_document", slug=report), "The report is your draft."
    return commit_and_redirect(address, said)


def _incident(slug: str) -> LiveIncident:
    query = select(LiveIncident).where(LiveIncident.slug == slug)
    row = db.session.scalars(query.options(selectinload(LiveIncident.updates))).first()
    if row is None:
        raise NotFound("There is no such incident.")
    return row


def _origins(incident: LiveIncident) -> list[Origin]:
    scope = scope_of(incident, targets=targets_of(incident))
    return [
        *origins_in_ops(incident, scope),
        *origins_of_monitoring(incident, scope),
        *origins_of_messages(incident, scope),
    ]
