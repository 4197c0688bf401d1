"""The list of reports and the page of one, for staff."""

from typing import Any

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.accounts.permissions.access import staff
from portal.core.errors import Invalid, NotFound
from portal.documents.models import DocumentKind
from portal.documents.publishing.sources import source_of
from portal.incidents.presentation.catalogue import catalogue, read_filters
from portal.incidents.presentation.page import report_page, viewer_named, viewers
from portal.incidents.report_files import Unreadable
from portal.incidents.sharing.share import sharing_of
from portal.incidents.views import blueprint


@blueprint.get("/ops/incidents")
@staff
def list_incidents() -> str:
    page = request.args.get("page", 1, type=int)
    return render_template(
        "incidents/list.html",
        catalogue=catalogue(read_filters(request.args), page=page),
        page_address=page_address,
    )


@blueprint.get("/ops/incidents/<path:slug>.md")
@staff
def find_incident(slug: str) -> Response:
    """The target of a link from one report to the file of another."""
    return redirect(url_for(".show_incident", slug=slug))


@blueprint.get("/ops/incidents/<path:slug>")
@staff
def show_incident(slug: str) -> str:
    """`as` names the reader of a preview."""
    viewer = viewer_named(request.args.get("as", ""))
    try:
        page = report_page(slug, viewer)
    except Invalid as error:
        return _unreadable_page(Unreadable(slug, error))
    return render_template(
        "incidents/incident.html",
        page=page,
        report=page.report,
        sharing=sharing_of(slug),
        viewers=viewers(),
    )


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
