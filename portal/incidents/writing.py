"""How incident reports are written in the browser."""

from dataclasses import replace
from pathlib import Path

from portal.accounts.client_queries import organisations
from portal.accounts.models import STAFF as STAFF_ROLES
from portal.documents.audience import PUBLIC, STAFF, Audience, Reader
from portal.documents.document import Document
from portal.documents.inside import inside_a_page
from portal.documents.models import DocumentKind
from portal.documents.naming import slug_for
from portal.documents.render import render
from portal.documents.writing import Finding, Look, Preview, Seat, Writing
from portal.incidents.lint import lint_report
from portal.incidents.lint_links import folders_here
from portal.incidents.report import Report, parse_report
from portal.incidents.reports import reader_of_organisation


def seats() -> list[Seat]:
    """Staff, clients in general, each organisation, everybody."""
    return [
        Seat("internal", "staff (everything)", STAFF),
        Seat("clients", "clients in general", Reader(Audience.CLIENTS)),
        *(
            Seat(f"client:{each.slug}", f"client {each.name}", reader_of_organisation(each))
            for each in organisations()
        ),
        Seat("public", "everybody", PUBLIC),
    ]


def look(document: Document, source: str, reader: Reader) -> Look:
    report = parse_report(document)
    return Look(_preview(report, reader), _findings(report, source))


def name(document: Document) -> str:
    """Day and title; nothing while the text has no title of its own."""
    report = parse_report(document)
    return "" if report.title == "New" else slug_for(report.title, report.day)


def _preview(report: Report, reader: Reader) -> Preview:
    if not report.is_for(reader):
        hidden = "Whoever this is does not see that the report is there."
        return Preview(report.title, hidden=hidden)
    rendered = render(report.body_for(reader), audience=reader.key)
    html = inside_a_page(rendered.html)
    return Preview(report.title, rendered=replace(rendered, html=html), facts=_facts(report))


def _findings(report: Report, source: str) -> list[Finding]:
    clients = {each.slug for each in organisations(archived=True)}
    found = lint_report(report, source, roots=folders_here(), clients=clients)
    return [Finding(each.line, each.message, each.is_note, each.asks_for_upload) for each in found]


def _facts(report: Report) -> list[tuple[str, str]]:
    why = " (until what is named here is fixed)" if report.doubts else " (by default)"
    audience = str(report.audience) + ("" if report.facts.audience_is_given else why)
    named = f"{audience}, only {', '.join(report.clients)}" if report.clients else audience
    facts = {
        "Severity": str(report.severity or report.severity_text),
        "Status": report.status_line,
        "Day": report.day.isoformat() if report.day else "",
        "Duration": report.duration_text,
        "Affected": ", ".join(report.affected),
        "Read by": named,
        "Summary": report.summary,
    }
    return [(key, value) for key, value in facts.items() if value]


REPORTS = Writing(
    kind=DocumentKind.REPORT,
    noun="report",
    plural="incidents",
    roles=STAFF_ROLES,
    starters=Path(__file__).parent / "starters",
    shown_at="incidents.show_incident",
    listed_at="incidents.list_incidents",
    seats=seats,
    look=look,
    name=name,
)
