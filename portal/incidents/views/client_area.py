"""/client: the summaries for the logged-in client; staff see it in a preview."""

from typing import Any

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.accounts.clients.queries import organisations
from portal.accounts.models import Role
from portal.accounts.permissions.access import clients, require_role, the_account
from portal.accounts.reader_zone import reader_zone_name
from portal.core.errors import NotFound
from portal.core.forms import commit_and_redirect, form_at
from portal.incidents.client_area.area import (
    Visitor,
    area_of,
    organisation_to_look_as,
    visitor,
)
from portal.incidents.client_area.confirmations import confirm_reading
from portal.incidents.client_area.own_matters import own_matters
from portal.incidents.client_area.questions import ask_question
from portal.incidents.client_area.readings import Text, note_reading
from portal.incidents.forms import ConfirmationForm, QuestionForm
from portal.incidents.live.models import LiveIncident
from portal.incidents.live.queries import going_on_for, live_slug_of_report, live_view
from portal.incidents.models import Way
from portal.incidents.pdf import report_pdf
from portal.incidents.report_view import ReportView
from portal.incidents.reports import view_for
from portal.incidents.views import blueprint
from portal.incidents.views.client_report import letter_context, pdf_answer

Page = Response | str


@blueprint.get("/client")
@clients
def show_door() -> Page:
    who = the_visitor()
    page = request.args.get("page", 1, type=int)
    return render_template(
        "incidents/client_area.html",
        area=area_of(who, going_on_for(who.reader), page=page),
        page_address=lambda number: _door_address(who, number),
        **preview_values(who),
    )


@blueprint.get("/client/incidents/<path:slug>.md")
@clients
def find_letter(slug: str) -> Page:
    """The target of a link from one report to the file of another, for its readers."""
    view_for(slug, the_visitor().reader)
    seen_as: dict[str, Any] = {"as": request.args.get("as")}
    return redirect(url_for(".show_letter", slug=slug, **seen_as))


@blueprint.get("/client/incidents/<path:slug>")
@clients
def show_letter(slug: str) -> Page:
    who = the_visitor()
    view = view_for(slug, who.reader)
    own = own_matters(view.report, who.account)
    visit, zone = None if who.previews else own.visit, reader_zone_name()
    context = letter_context(view, visit, zone=zone)
    page = render_template(
        "incidents/letter.html",
        **context,
        **preview_values(who, zone),
        confirmation=own.confirmation,
        questions=own.questions,
        form=form_at(QuestionForm, url_for(".create_question", slug=slug)),
        live=live_beside(slug, who),
    )
    note(view.report, who, Way.PAGE, is_noted=own.is_noted)
    return page


@blueprint.get("/client/incidents/<path:slug>.pdf")
@clients
def show_letter_pdf(slug: str) -> Page:
    who = the_visitor()
    view = view_for(slug, who.reader)
    answer = pdf_answer(
        view.report, report_pdf(view, zone=reader_zone_name(), addressee=who.client_name)
    )
    note(view.report, who, Way.PDF)
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
    form.require()
    ask_question(view.report, form.text.data, by=the_account())
    return commit_and_redirect(
        url_for(".show_letter", slug=slug, _anchor="questions"),
        "Your question was sent. The answer will appear here.",
    )


def _door_address(who: Visitor, number: int) -> str:
    asked: dict[str, Any] = {"as": who.preview_of, "page": number}
    return url_for(".show_door", **asked)


def the_visitor() -> Visitor:
    """Raises NotFound for an unknown organisation."""
    account, slug = the_account(), request.args.get("as")
    looks_as = organisation_to_look_as(slug) if slug and account.is_staff else None
    return visitor(account, looks_as=looks_as)


def preview_values(who: Visitor, zone: str = "") -> dict[str, Any]:
    """Variables of `incidents/_preview.html`, and the zone in which the page shows times."""
    others = organisations() if who.previews else []
    return {"who": who, "organisations": others, "zone": zone or reader_zone_name()}


def _own_letter(slug: str) -> ReportView:
    """For clients only: staff confirm and ask nothing in a client's name."""
    require_role(Role.CLIENT)
    return view_for(slug, the_visitor().reader)


def live_beside(slug: str, who: Visitor) -> LiveIncident | None:
    """The live incident of this report, if this reader may read it as well."""
    found = live_slug_of_report(slug)
    try:
        return live_view(found, who.reader).incident if found else None
    except NotFound:
        return None


def note(report: Text, who: Visitor, way: Way, *, is_noted: bool | None = None) -> None:
    """Record a reading, except for a preview or a HEAD request."""
    if request.method == "GET" and not who.previews:
        note_reading(report, way=way, account=who.account, is_noted=is_noted)
