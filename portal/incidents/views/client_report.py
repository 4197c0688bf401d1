"""Common parts of the views of a report for clients: template variables, and the PDF response."""

from datetime import UTC, datetime
from io import BytesIO
from typing import Any

from flask import send_file
from markupsafe import Markup
from werkzeug.wrappers import Response

from portal.incidents.client_area.changes import changes_in
from portal.incidents.client_area.visits import Visit
from portal.incidents.presentation.plain_words import show, zone_named
from portal.incidents.report import Report
from portal.incidents.report_view import ReportView
from portal.incidents.views import blueprint


def letter_context(view: ReportView, visit: Visit | None, *, zone: str) -> dict[str, Any]:
    """Variables of `incidents/_letter.html`; `clock` is the zone for the `moment` filter, `visit`
    the one before this.
    """
    shown = show(view, zone=zone)
    return {
        "report": view.report,
        "shown": shown,
        "clock": zone_named(zone),
        "changes": changes_in(view, visit),
    }


def pdf_answer(report: Report, data: bytes) -> Response:
    name = f"{report.slug.replace('/', '-')}.pdf"
    return send_file(BytesIO(data), "application/pdf", as_attachment=True, download_name=name)


@blueprint.app_template_filter()
def exact(at: datetime, words: str) -> Markup:
    """The text of a time, with UTC in the title and in machine-readable form."""
    utc = at.astimezone(UTC)
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        utc.strftime("%Y-%m-%dT%H:%M:%SZ"), utc.strftime("%Y-%m-%d %H:%M UTC"), words
    )
