"""What staff do with a live incident: each act is one transaction with its messages."""

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.accounts.permissions.access import staff, the_account
from portal.accounts.queries import account_by_id
from portal.core.errors import NotFound
from portal.core.forms import commit_and_redirect, require_pressed
from portal.core.storage.database import db
from portal.documents.audiences.audience import Audience
from portal.emails.live_updates.preview import UpdatePreview, preview_of
from portal.emails.live_updates.queueing import queue_updates, withdraw_held
from portal.emails.live_updates.rendering import render_without_lock
from portal.incidents.live.holding import hold_update
from portal.incidents.live.maintenance import cancel_maintenance, open_or_schedule
from portal.incidents.live.models import IncidentUpdate, LiveIncident
from portal.incidents.live.opening import acknowledge, discard_draft, hand_over
from portal.incidents.live.queries import incident_named
from portal.incidents.live.updates import add_update, update_of_form
from portal.incidents.live_forms import ActForm, OpeningForm, UpdateForm, UpdateIdForm
from portal.incidents.sharing.reach import counted
from portal.incidents.views import blueprint
from portal.incidents.views.live import (
    SEND,
    form_of,
    lead_form,
    live_page,
    opening_form,
    opening_of,
    opening_page,
    to_the_second,
    update_form,
    zone,
)
from portal.monitoring.outages.service import acknowledge_with_incident


@blueprint.post("/ops/incidents/live/new")
@staff
def create_live() -> Response:
    return _open(opening_form(None), None)


@blueprint.post("/ops/incidents/live/<slug>/publication")
@staff
def create_publication(slug: str) -> Response:
    """Publish a draft."""
    incident = incident_named(slug)
    return _open(opening_form(incident), incident)


@blueprint.post("/ops/incidents/live/<slug>/updates")
@staff
def create_update(slug: str) -> Response:
    incident, by = incident_named(slug), the_account()
    form = update_form(incident)
    form.require()
    said = form.said(zone())
    if done := update_of_form(said.once_key):
        return _back(done.incident)
    render_without_lock(opening_of(incident), said, slug=slug)
    incident = incident_named(slug)
    update = add_update(incident, said, by=by)
    withdraw_held(incident, by=by)
    count = len(queue_updates([update], by=by))
    flash(_outcome(update, count), "done")
    db.session.commit()
    return _back(incident)


@blueprint.post("/ops/incidents/live/<slug>/hold")
@staff
def create_hold(slug: str) -> Response:
    incident, form = incident_named(slug), UpdateIdForm()
    form.require()
    update = _update_of(incident, form.update.data)
    hold_update(update, by=the_account())
    withdraw_held(incident, by=the_account())
    replaced = " What it had replaced stays withdrawn." if incident.is_maintenance else ""
    flash(f"Held: nothing of update {update.number} was sent or shown.{replaced}", "done")
    db.session.commit()
    again = url_for(".show_live", slug=slug, again=update.number, _anchor="composer")
    return redirect(again, 303)


@blueprint.post("/ops/incidents/live/<slug>/cancellation")
@staff
def create_cancellation(slug: str) -> Response:
    incident, form, by = incident_named(slug), ActForm(), the_account()
    form.require()
    once_key = form.once_key.data or ""
    if done := update_of_form(once_key):
        return _back(done.incident)
    update = cancel_maintenance(
        incident,
        form.text.data or "",
        once_key=once_key,
        version=form.version.data or 0,
        seen=form.seen.data or 0,
        by=by,
    )
    withdraw_held(incident, by=by)
    count = len(queue_updates([update], by=by))
    flash(f"Cancelled. {_outcome(update, count)}", "done")
    db.session.commit()
    return _back(incident)


@blueprint.post("/ops/incidents/live/<slug>/acknowledge")
@staff
def create_acknowledgement(slug: str) -> Response:
    require_pressed()
    incident, by = incident_named(slug), the_account()
    acknowledge(incident, by=by)
    acknowledge_with_incident(incident.id, by=by)
    return commit_and_redirect(url_for(".show_live", slug=slug), "Acknowledged.")


@blueprint.post("/ops/incidents/live/<slug>/lead")
@staff
def update_lead(slug: str) -> Response:
    form = lead_form()
    form.require()
    to = account_by_id(int(form.lead.data))
    hand_over(incident_named(slug), to, by=the_account())
    return commit_and_redirect(url_for(".show_live", slug=slug), f"{to.name} leads now.")


@blueprint.post("/ops/incidents/live/<slug>/discard")
@staff
def create_discard(slug: str) -> Response:
    require_pressed()
    incident, by = incident_named(slug), the_account()
    discard_draft(incident, by=by)
    acknowledge_with_incident(incident.id, by=by)
    return commit_and_redirect(url_for(".list_incidents"), "The draft is discarded.")


@blueprint.post("/ops/incidents/live/new/preview")
@staff
def preview_live() -> Response | str:
    """Nothing is written."""
    form = opening_form(None)
    preview = _previewed(form, None)
    label = SEND if form.report.data else "Open the incident"
    return _fragment(preview, label) or opening_page(form, preview)


@blueprint.post("/ops/incidents/live/<slug>/preview")
@staff
def preview_update(slug: str) -> Response | str:
    """Nothing is written."""
    incident = incident_named(slug)
    form = form_of(incident)[0](incident)
    preview = _previewed(form, incident)
    label = "Publish" if incident.is_draft else SEND
    return _fragment(preview, label) or live_page(incident, form, preview)


def _open(form: OpeningForm, draft: LiveIncident | None) -> Response:
    form.require()
    said, by = form.said(zone()), the_account()
    if done := update_of_form(said.once_key):
        return _back(done.incident)
    opening, slug = form.opening(zone()), draft.slug if draft else None
    render_without_lock(opening, said, slug=slug)
    draft = incident_named(slug) if slug else None
    updates = open_or_schedule(opening, said, by=by, draft=draft)
    count = len(queue_updates(updates, by=by))
    acknowledge_with_incident(updates[0].incident.id, by=by)
    flash(_outcome(updates[0], count // len(updates)), "done")
    db.session.commit()
    return _back(updates[0].incident)


def _previewed(form: UpdateForm, incident: LiveIncident | None) -> UpdatePreview:
    form.is_sent = True
    if not form.sent():
        return UpdatePreview(Audience.INTERNAL, problems=list(form.problems.values()))
    opening = form.opening(zone()) if isinstance(form, OpeningForm) else opening_of(incident)
    return preview_of(opening, form.said(zone()), incident)


def _fragment(preview: UpdatePreview, label: str) -> str | None:
    if "HX-Request" not in request.headers:
        return None
    return render_template("incidents/live/_preview_part.html", preview=preview, label=label)


def _back(incident: LiveIncident) -> Response:
    return redirect(url_for(".show_live", slug=incident.slug, _anchor="said"), 303)


def _outcome(update: IncidentUpdate, count: int) -> str:
    if update.audience is Audience.INTERNAL:
        return f"Update {update.number} is there for staff."
    people = counted(count, "person", "people")
    at = to_the_second(update.leaves_at)
    return f"Update {update.number} leaves at {at}, to {people}. Until then it can be held."


def _update_of(incident: LiveIncident, update_id: int | None) -> IncidentUpdate:
    for each in incident.updates:
        if each.id == update_id:
            return each
    raise NotFound("There is no such update.")
