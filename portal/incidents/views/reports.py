"""The list of incidents and the page of a report, for staff; the tabs of an incident."""

from dataclasses import dataclass
from typing import Any

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.accounts.permissions.access import staff
from portal.core.clock import now
from portal.core.errors import Invalid, NotFound
from portal.documents.models import DocumentKind
from portal.documents.publishing.sources import source_of
from portal.incidents.client_area.people import people_of
from portal.incidents.live.queries import lately_over
from portal.incidents.presentation.catalogue import catalogue, read_filters
from portal.incidents.presentation.head import IncidentHead, head_of_report, open_incidents
from portal.incidents.presentation.page import report_page, viewer_named, viewers
from portal.incidents.report import Report
from portal.incidents.report_files import Unreadable
from portal.incidents.reports import all_reports, report_outside
from portal.incidents.sharing.open_matters import open_matters
from portal.incidents.sharing.share import sharing_of
from portal.incidents.views import blueprint

TABS = {
    "report": "Report",
    "updates": "Updates",
    "questions": "Questions",
    "readers": "Readers",
}
TAB_OF_FORM = {
    "incidents.create_answer": "questions",
    "incidents.create_private_link": "readers",
    "incidents.create_withdrawal": "readers",
}
"""Where the form of a route is, which a refused request shows again."""


@dataclass(frozen=True)
class Tabs:
    """The parts of an incident; `current` is the key of the one that is shown."""

    parts: list[tuple[str, str, int]]
    current: str

    @property
    def label(self) -> str:
        return TABS[self.current]


@blueprint.get("/ops/incidents")
@staff
def list_incidents() -> str:
    page = request.args.get("page", 1, type=int)
    return render_template(
        "incidents/list.html",
        catalogue=catalogue(read_filters(request.args), page=page),
        page_address=page_address,
        open_now=open_incidents(all_reports(), now().date()),
        lately_over=lately_over(),
    )


@blueprint.get("/ops/incidents/<path:slug>.md")
@staff
def find_incident(slug: str) -> Response:
    """The target of a link from one report to the file of another."""
    return redirect(url_for(".show_incident", slug=slug))


@blueprint.get("/ops/incidents/<path:slug>")
@staff
def show_incident(slug: str) -> str:
    """`as` names the reader of a preview, `tab` the part that is shown."""
    viewer = viewer_named(request.args.get("as", ""))
    try:
        page = report_page(slug, viewer)
    except Invalid as error:
        return _unreadable_page(Unreadable(slug, error))
    head = head_of_report(slug, page.file)
    return render_template(
        "incidents/incident.html",
        page=page,
        report=page.report,
        head=head,
        tabs=tabs_of(head, chosen_tab("report")),
        sharing=sharing_of(slug),
        viewers=viewers(),
    )


def chosen_tab(first: str) -> str:
    """The tab that the address names, or that has the form of a refused request."""
    named = request.args.get("tab") or TAB_OF_FORM.get(request.endpoint or "", "")
    return named if named in TABS else first


def tabs_of(head: IncidentHead, current: str) -> Tabs:
    """What only one of the two pages has is a link to it."""
    of_live = url_for("incidents.show_live", slug=head.live.slug) if head.live else None
    addresses = {key: _address_of(key, head, of_live) for key in TABS}
    outside = report_outside(head.report.slug) if head.report else None
    counts = {"questions": open_questions(head.report), "readers": unread_by(outside)}
    parts = [(name, addresses[key], counts.get(key, 0)) for key, name in TABS.items()]
    return Tabs(parts, current)


def open_questions(report: Report | None) -> int:
    if report is None:
        return 0
    return sum(each.slug == report.slug for each in open_matters().questions)


def unread_by(outside: Report | None) -> int:
    """The number of people who may read it and have not."""
    return sum(not each.has_read for each in people_of(outside))


def _address_of(key: str, head: IncidentHead, of_live: str | None) -> str:
    if of_live and key == "updates":
        return of_live
    tab = None if key == "report" else key
    if head.report_slug is None:
        return f"{of_live}?tab={key}"
    return url_for("incidents.show_incident", slug=head.report_slug, tab=tab)


def _unreadable_page(file: Unreadable) -> str:
    """Tells staff why the file can't be read, and where they can fix it."""
    try:
        can_be_edited = bool(source_of(DocumentKind.REPORT, file.slug).text)
    except (Invalid, NotFound):
        can_be_edited = False
    return render_template("incidents/unreadable.html", file=file, can_be_edited=can_be_edited)


def page_address(number: int) -> str:
    asked: dict[str, Any] = {
        name: v for name, v in read_filters(request.args).as_query().items() if v
    }
    return url_for(".list_incidents", **asked, page=number)
