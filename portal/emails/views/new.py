"""Creating a draft for each client from an incident."""

from functools import partial
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.accounts.clients.queries import contacts_for_messages
from portal.accounts.models import Contact
from portal.accounts.permissions.access import staff, the_account
from portal.core.errors import Invalid
from portal.core.forms import form_at
from portal.core.storage.database import db
from portal.emails.drafting.drafts import may_be_informed, prepare_drafts
from portal.emails.drafting.template import Template
from portal.emails.drafting.template_library import template_named, templates
from portal.emails.forms import MailingForm, fields_form
from portal.emails.models import Message
from portal.emails.review.already_sent import by_contact
from portal.emails.review.topics import next_topic, sent_by_topic, topics
from portal.emails.views import blueprint
from portal.incidents.report import Report
from portal.incidents.reports import all_reports, report_named, report_outside


@blueprint.get("/ops/emails/new")
@staff
def new_mailing() -> str:
    sent = form_at(MailingForm, url_for(".create_drafts"))
    asked = sent.data if sent.is_sent else request.args
    incident, slug = asked.get("incident") or "", asked.get("template") or ""
    every = templates()
    report = report_named(incident) if incident else None
    slug = slug or (every[0].slug if len(every) == 1 and "choose" not in request.args else "")
    template = template_named(slug) if slug else None
    contacts = contacts_for_messages() if report else []
    outside = report_outside(report.slug) if report else None
    about = outside or report
    allowed = [(each, may_be_informed(each, outside)) for each in contacts]
    form = form_at(partial(_form, template), url_for(".create_drafts")) if template else sent
    return render_template(
        "emails/new.html",
        reports=all_reports() if report is None else [],
        report=report,
        templates=every,
        template=template,
        contacts=allowed,
        recipients=[each for each, may_read in allowed if may_read],
        outside=outside,
        chosen=form.contact.data or [],
        earlier=by_contact(report.slug) if report else {},
        sent=sent_by_topic(about) if about else [],
        topics=topics(about) if about else [],
        topic=_topic(form) or (next_topic(about) if about else ""),
        form=form,
    )


@blueprint.post("/ops/emails")
@staff
def create_drafts() -> Response:
    sent = MailingForm()
    report = report_named(sent.incident.data or "")
    template = template_named(sent.template.data or "")
    form = _form(template)
    form.require()
    made, there = prepare_drafts(
        report,
        template,
        _chosen(form),
        fields=form.typed(),
        update_key=_update_key(form, report),
        by=the_account(),
    )
    db.session.commit()
    if there:
        flash(_existing_drafts_message(there), "info")
    first = min([*made, *there], key=lambda each: each.to_name)
    return redirect(url_for(".show_message", message_id=first.id), 303)


def _existing_drafts_message(drafts: list[Message]) -> str:
    names = " and ".join(each.to_name for each in drafts)
    kept = "A draft was" if len(drafts) == 1 else "Drafts were"
    return f"{kept} there already for {names}, and kept as before. The fields can be changed below."


def _form(template: Template, **given: Any) -> MailingForm:
    form = fields_form(MailingForm, template, **given)
    form.contact.choices = [(str(each.id), each.name) for each in contacts_for_messages()]
    return form


def _topic(form: MailingForm) -> str:
    return str(form.update.data) if form.update.raw_data else ""


def _chosen(form: MailingForm) -> list[Contact]:
    wanted = set(form.contact.data or [])
    return [each for each in contacts_for_messages() if str(each.id) in wanted]


def _update_key(form: MailingForm, report: Report) -> str:
    given = str(form.update.data)
    about = report_outside(report.slug) or report
    if given not in {each.key for each in topics(about)}:
        raise Invalid("Choose what the message is about.")
    return given
