"""On tabs of an incident, for staff: its readers, private links, questions; and the PDF."""

from functools import partial

from flask import render_template, url_for
from werkzeug.wrappers import Response

from portal.accounts.clients.queries import contact_by_id
from portal.accounts.permissions.access import staff, the_account
from portal.accounts.reader_zone import reader_zone_name
from portal.core.forms import commit_and_redirect, form_at, require_pressed
from portal.core.storage.database import db
from portal.documents.audiences.audience import STAFF
from portal.incidents.client_area.links import create_link, link_on, withdraw_link
from portal.incidents.client_area.questions import answer_question, question_on, questions_about
from portal.incidents.client_area.readership import Readership, readership_of
from portal.incidents.forms import AnswerForm, LinkForm
from portal.incidents.models import Question
from portal.incidents.pdf import report_pdf
from portal.incidents.report import Report
from portal.incidents.reports import report_named, view_for
from portal.incidents.views import blueprint
from portal.incidents.views.client_report import pdf_answer


@blueprint.app_template_global()
def report_readership(report: Report) -> Readership:
    return readership_of(report)


@blueprint.app_template_global()
def report_questions(report: Report) -> list[Question]:
    """Those that wait for an answer first, then the latest."""
    found = questions_about(report.slug)
    return sorted(found, key=lambda each: (not each.is_open, -each.id))


@blueprint.app_template_global()
def link_form(report: Report, readership: Readership) -> LinkForm:
    form = form_at(LinkForm, url_for("incidents.create_private_link", slug=report.slug))
    form.contact.choices = [
        (contact.id, f"{contact.name}, {contact.organisation.name}")
        for contact in readership.contacts
    ]
    return form


@blueprint.app_template_global()
def answer_form(slug: str, question_id: int) -> AnswerForm:
    address = url_for("incidents.create_answer", slug=slug, question_id=question_id)
    return form_at(partial(AnswerForm, prefix=f"q{question_id}-"), address)


@blueprint.get("/ops/incidents/<path:slug>.pdf")
@staff
def show_pdf(slug: str) -> Response:
    view = view_for(slug, STAFF)
    return pdf_answer(view.report, report_pdf(view, zone=reader_zone_name()))


@blueprint.post("/ops/incidents/<path:slug>/links")
@staff
def create_private_link(slug: str) -> str:
    """The address is shown only once, in this response, which has no address to return to."""
    form = LinkForm()
    form.require()
    report, contact = report_named(slug), contact_by_id(form.contact.data)
    link, address = create_link(slug, contact, by=the_account(), days=form.days.data)
    db.session.commit()
    return render_template(
        "incidents/link_handover.html",
        report=report,
        link=link,
        address=address,
        back=_page(slug, "readers", "links"),
    )


@blueprint.post("/ops/incidents/<path:slug>/links/<int:link_id>/withdrawal")
@staff
def create_withdrawal(slug: str, link_id: int) -> Response:
    require_pressed()
    link = link_on(slug, link_id)
    withdraw_link(link, by=the_account())
    return commit_and_redirect(
        _page(slug, "readers", "links"), f"The link for {link.contact.name} opens nothing any more."
    )


@blueprint.post("/ops/incidents/<path:slug>/questions/<int:question_id>/answer")
@staff
def create_answer(slug: str, question_id: int) -> Response:
    question = question_on(slug, question_id)
    form = AnswerForm(prefix=f"q{question_id}-")
    form.require()
    answer_question(question, form.text.data, by=the_account())
    return commit_and_redirect(
        _page(slug, "questions", "questions"),
        f"{question.account.name} reads your answer on the report’s page.",
    )


def _page(slug: str, tab: str, part: str) -> str:
    return url_for(".show_incident", slug=slug, tab=tab, _anchor=part)
