"""/client: the summaries for the logged-in client; staff see it in a preview."""

from typing import Any

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.accounts.clients.queries import organisations
from portal.accounts.models import Role
from portal.accounts.permissions.access import clients, require_role, the_account
from portal.accounts.reader_zone import reader_zone_name
from portal.audit.refusals import record_refusal
from portal.core.errors import Conflict, Invalid
from portal.core.forms import commit_and_redirect
from portal.incidents.client_area.area import (
    Visitor,
    letters_for,
    organisation_to_look_as,
    visitor,
)
from portal.incidents.client_area.confirmations import confirm_reading
from portal.incidents.client_area.own_matters import OwnMatters, own_matters
from portal.incidents.client_area.questions import ask_question
from portal.incidents.client_area.readings import note_reading
from portal.incidents.forms import ConfirmationForm, QuestionForm
from portal.incidents.models import Way
from portal.incidents.pdf import report_pdf
from portal.incidents.report import Report
from portal.incidents.report_view import ReportView
from portal.incidents.reports import view_for
from portal.incidents.views import blueprint
from portal.incidents.views.client_report import letter_context, pdf_answer

Page = Response | str | tuple[str, int]


@blueprint.get("/client")
@clients
def show_door() -> Page:
    who = _visitor()
    letters = letters_for(who, page=request.args.get("page", 1, type=int))
    return render_template(
        "incidents/client_area.html",
        letters=letters,
        page_address=lambda number: _door_address(who, number),
        **_preview_values(who),
    )


@blueprint.get("/client/incidents/<path:slug>.md")
@clients
def find_letter(slug: str) -> Page:
    """The target of a link from one report to the file of another, for its readers."""
    view_for(slug, _visitor().reader)
    seen_as: dict[str, Any] = {"as": request.args.get("as")}
    return redirect(url_for(".show_letter", slug=slug, **seen_as))


@blueprint.get("/client/incidents/<path:slug>")
@clients
def show_letter(slug: str) -> Page:
    who = _visitor()
    view = view_for(slug, who.reader)
    own = own_matters(view.report, who.account)
    page = _letter_page(view, who, QuestionForm(), own)
    _note(view.report, who, Way.PAGE, is_noted=own.is_noted)
    return page


@blueprint.get("/client/incidents/<path:slug>.pdf")
@clients
def show_letter_pdf(slug: str) -> Page:
    who = _visitor()
    view = view_for(slug, who.reader)
    answer = pdf_answer(view.report, report_pdf(view, zone=reader_zone_name()))
    _note(view.report, who, Way.PDF)
    return answer


@blueprint.post("/client/incidents/<path:slug>/confirmation")
@clients
def create_confirmation(slug: str) -> Page:
    report, form = _own_letter(slug).report, ConfirmationForm()
    form.require()
    confirm_reading(report, seen=form.sha256.data or "", by=the_account())
    return commit_and_redirect(
        url_for(".show_letter", slug=slug), "Thank you. It is noted that you have read this."
    )


@blueprint.post("/client/incidents/<path:slug>/questions")
@clients
def create_question(slug: str) -> Page:
    view, form = _own_letter(slug), QuestionForm()
    if not form.sent():
        return _letter_page(view, _visitor(), form), 400
    try:
        ask_question(view.report, form.text.data, by=the_account())
    except (Invalid, Conflict) as error:
        record_refusal(error, by=the_account())
        form.text.errors = [*form.text.errors, str(error)]
        return _letter_page(view, _visitor(), form), error.status
    return commit_and_redirect(
        url_for(".show_letter", slug=slug, _anchor="questions"),
        "Your question was sent. The answer will appear here.",
    )


def _door_address(who: Visitor, number: int) -> str:
    asked: dict[str, Any] = {"as": who.preview_of, "page": number}
    return url_for(".show_door", **asked)


def _visitor() -> Visitor:
    """Raises NotFound for an unknown organisation."""
    account, slug = the_account(), request.args.get("as")
    looks_as = organisation_to_look_as(slug) if slug and account.is_staff else None
    return visitor(account, looks_as=looks_as)


def _preview_values(who: Visitor) -> dict[str, Any]:
    """Variables of `incidents/_preview.html`."""
    return {"who": who, "organisations": organisations() if who.previews else []}


def _letter_page(
    view: ReportView, who: Visitor, form: QuestionForm, own: OwnMatters | None = None
) -> str:
    own = own or own_matters(view.report, who.account)
    context = letter_context(view, zone=reader_zone_name())
    return render_template(
        "incidents/letter.html",
        **context,
        **_preview_values(who),
        confirmation=own.confirmation,
        questions=own.questions,
        form=form,
    )


def _own_letter(slug: str) -> ReportView:
    """For clients only: staff confirm and ask nothing in a client's name."""
    require_role(Role.CLIENT)
    return view_for(slug, _visitor().reader)


def _note(report: Report, who: Visitor, way: Way, *, is_noted: bool | None = None) -> None:
    """Record a reading, except for a preview or a HEAD request."""
    if request.method == "GET" and not who.previews:
        note_reading(report, way=way, account=who.account, is_noted=is_noted)
