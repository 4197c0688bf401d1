"""The pages of live incidents for staff: opening one, and one as it goes on."""

from datetime import datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from flask import redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response
from wtforms.fields.choices import SelectChoice

from portal.accounts.clients.queries import organisations
from portal.accounts.permissions.access import staff
from portal.accounts.reader_zone import reader_zone_name
from portal.core.clock import now
from portal.core.configuration.settings import settings
from portal.core.errors import NotFound
from portal.core.forms import form_at
from portal.core.storage.database import db
from portal.documents.audiences.audience import STAFF, Audience
from portal.emails.live_updates.preview import UpdatePreview
from portal.emails.live_updates.queueing import messages_about
from portal.incidents.client_area.visits import openings_of
from portal.incidents.live.maintenance import cancellation_of, phase_now
from portal.incidents.live.models import LiveIncident, Phase
from portal.incidents.live.opening import Opening, staff_who_can_lead
from portal.incidents.live.phases import LONGEST_TITLE, phases_of, starter_of
from portal.incidents.live.queries import (
    incident_named,
    live_of_report,
    promise_of,
    update_numbered,
)
from portal.incidents.live.updates import EARLIEST
from portal.incidents.live.view import LiveView
from portal.incidents.live_forms import (
    ActForm,
    LeadForm,
    OpeningForm,
    UpdateForm,
    choose_from,
    renew,
    values_of,
)
from portal.incidents.parsing.vocabulary import Severity
from portal.incidents.presentation.head import head_of_live
from portal.incidents.reports import report_named
from portal.incidents.sharing.reach import counted
from portal.incidents.views import blueprint
from portal.incidents.views.reports import chosen_tab, show_incident, tabs_of
from portal.monitoring.probes.models import Probe

Page = Response | str
SEND = "Send update"


@blueprint.get("/ops/incidents/live/new")
@staff
def new_live() -> Page:
    """`report` is the slug of a report that the incident is about."""
    if there := live_of_report(request.args.get("report", "")):
        return redirect(url_for(".show_live", slug=there.slug, _anchor="composer"))
    form = form_at(partial(opening_form, None), url_for(".create_live"))
    return opening_page(form)


@blueprint.get("/ops/incidents/live/<slug>")
@staff
def show_live(slug: str) -> Page:
    """A report in a folder of this name has the same address."""
    try:
        incident = incident_named(slug)
    except NotFound:
        return show_incident(f"live/{slug}")
    return live_page(incident, tab=chosen_tab("updates"))


def live_page(
    incident: LiveIncident,
    form: UpdateForm | None = None,
    preview: UpdatePreview | None = None,
    tab: str = "updates",
) -> str:
    """With the form as it was sent to a preview, if it was."""
    make, address = form_of(incident)
    form = form or form_at(partial(make, incident), address)
    _give(form, incident)
    view, phase = LiveView(incident, STAFF), phase_now(incident)
    head = head_of_live(incident, phase)
    return render_template(
        "incidents/live/page.html",
        incident=incident,
        view=view,
        head=head,
        tabs=tabs_of(head, tab),
        openings=openings_of(incident) if tab == "readers" else [],
        messages=messages_about(incident),
        form=form,
        address=address,
        preview=preview,
        is_leaving=any(each.can_be_held for each in view.updates),
        lead=form_at(lead_form, url_for(".update_lead", slug=incident.slug)),
        cancellation=_cancellation(incident),
        a_minute=timedelta(minutes=1),
        **_known_to_forms(),
    )


def opening_page(form: OpeningForm, preview: UpdatePreview | None = None) -> str:
    _give(form, None)
    return render_template(
        "incidents/live/new.html", form=form, preview=preview, **_known_to_forms()
    )


def form_of(incident: LiveIncident) -> tuple[Any, str]:
    """A draft is published by the form of an opening."""
    if incident.is_draft:
        return opening_form, url_for(".create_publication", slug=incident.slug)
    return update_form, url_for(".create_update", slug=incident.slug)


def opening_form(incident: LiveIncident | None, **given: Any) -> OpeningForm:
    form = OpeningForm(**given)
    names = select(Probe.public_name).where(Probe.public_name.is_not(None), Probe.is_on)
    shown = sorted({str(each) for each in db.session.scalars(names)})
    choose_from(form.affected, dict(zip(shown, shown, strict=True)))
    _choices(form, None)
    return form


def update_form(incident: LiveIncident, **given: Any) -> UpdateForm:
    form = UpdateForm(**given)
    _choices(form, incident)
    return form


def lead_form(**given: Any) -> LeadForm:
    form = LeadForm(**given)
    form.lead.choices = [SelectChoice(str(each.id), each.name) for each in staff_who_can_lead()]
    return form


def opening_of(incident: LiveIncident | None) -> Opening:
    """What is known of it."""
    if incident is None:
        raise NotFound("There is no such incident.")
    return Opening(
        title=incident.title,
        severity=incident.severity,
        affected=incident.affected,
        begins_at=incident.begins_at,
        ends_at=incident.ends_at,
    )


def zone() -> str:
    return reader_zone_name() or "UTC"


blueprint.add_app_template_filter(promise_of, "live_promise")


@blueprint.app_template_global()
def send_label(label: str, preview: UpdatePreview | None) -> str:
    """The words of the button that sends what the preview shows: “Send to 3 people”."""
    if preview is None or preview.problems or not preview.recipients:
        return label
    people = counted(len(preview.recipients), "person", "people")
    return f"Send to {people}" if label == SEND else f"{label} and send to {people}"


@blueprint.app_template_filter()
def to_the_second(at: datetime) -> str:
    """“14:32:05” in the reader's zone; with the day if it is another one."""
    local, today = at.astimezone(ZoneInfo(zone())), datetime.now(ZoneInfo(zone()))
    day = "" if local.date() == today.date() else f"{local.day} {local:%B}, "
    return f"{day}{local:%H:%M:%S}{' UTC' if zone() == 'UTC' else ''}"


def _known_to_forms() -> dict[str, Any]:
    """`starters` are for the script that puts one into the form when a phase is chosen."""
    starters = {each.value: starter_of(each) for each in Phase}
    return {"starters": starters, "update_delay": settings().update_delay}


def _choices(form: UpdateForm, incident: LiveIncident | None) -> None:
    phases = phases_of(incident.severity if incident else Severity.MAJOR)
    form.phase.choices = [SelectChoice(each.value, each.capitalize()) for each in phases]
    choose_from(form.clients, {each.slug: each.name for each in organisations()})
    left = [each for each in incident.updates if each.has_left] if incident else []
    form.corrects.choices = [
        *form.corrects.choices,
        *(SelectChoice(str(each.number), f"{each.number}: {each.text[:60]}") for each in left),
    ]


def _give(form: UpdateForm, incident: LiveIncident | None) -> None:
    """What the page knows. What was typed stays; `again` names an update that was held back."""
    if incident:
        _renew(form, incident)
    if form.is_sent:
        return
    if isinstance(form, OpeningForm):
        _give_opening(form, incident)
    elif incident:
        _give_update(form, incident)
    form.text.data = form.text.data or starter_of(Phase(form.phase.data))


def _renew(form: ActForm, incident: LiveIncident) -> None:
    """It is about the incident as this page shows it, also where an older one was refused."""
    renew(form.version, incident.version)
    renew(form.seen, max((each.number for each in incident.updates), default=0))


def _give_opening(form: OpeningForm, incident: LiveIncident | None) -> None:
    if not incident and (slug := request.args.get("report", "")):
        _give_report(form, slug)
        return
    is_planned = request.args.get("kind") == "maintenance"
    form.phase.data = Phase.SCHEDULED if is_planned else Phase.INVESTIGATING
    if is_planned:
        form.severity.data = Severity.MAINTENANCE.value
    if incident:
        form.title.data, form.severity.data = incident.title, incident.severity.value
        known = values_of(form.affected)
        form.affected.data = [each for each in incident.affected if each in known]
        form.own.data = ", ".join(each for each in incident.affected if each not in known)


def _give_report(form: OpeningForm, slug: str) -> None:
    """What the report says as staff read it. Raises NotFound for one that is not there."""
    report = report_named(slug)
    form.report.data, form.title.data = slug, report.title[:LONGEST_TITLE]
    form.severity.data = (report.severity or Severity.MAJOR).value
    known = values_of(form.affected)
    form.affected.data = [each for each in report.affected if each in known]
    form.own.data = ", ".join(each for each in report.affected if each not in known)
    form.phase.data = (report.status or Phase.INVESTIGATING).value
    if report.started and now() - EARLIEST < report.started <= now():
        form.happened.data = f"{report.started.astimezone(ZoneInfo(zone())):%Y-%m-%dT%H:%M}"


def _give_update(form: UpdateForm, incident: LiveIncident) -> None:
    form.phase.data = phase_now(incident).value
    if form.phase.data not in values_of(form.phase):
        form.phase.data = form.phase.choices[-1].value
    form.audience.data = incident.audience.value
    form.clients.data = incident.clients if incident.audience is Audience.CLIENTS else []
    again = request.args.get("again", 0, type=int)
    held = update_numbered(incident, again) if again else None
    if held and held.held_at:
        form.text.data, form.phase.data = held.text, held.phase.value
        form.audience.data, form.clients.data = held.audience.value, held.clients


def _cancellation(incident: LiveIncident) -> ActForm | None:
    if not incident.is_maintenance or incident.is_over or incident.is_draft:
        return None
    form = form_at(ActForm, url_for(".create_cancellation", slug=incident.slug), key="cancel")
    _renew(form, incident)
    if not form.is_sent and incident.begins_at:
        form.text.data = cancellation_of(opening_of(incident))
    return form
