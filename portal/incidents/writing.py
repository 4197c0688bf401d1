"""How incident reports are edited in the browser."""

from dataclasses import replace

from portal.accounts.clients.queries import organisations
from portal.accounts.models import STAFF as STAFF_ROLES
from portal.accounts.models import Account
from portal.core.errors import NotFound
from portal.documents.audiences.audience import PUBLIC, STAFF, Audience, Reader
from portal.documents.document import Document, parse_document
from portal.documents.drafting.naming import slug_for
from portal.documents.models import DocumentKind
from portal.documents.rendering.embedding import fitted_inside
from portal.documents.writing import (
    EditableKind,
    OutsideReaders,
    Preview,
    PreviewFacts,
    PreviewResult,
    ReaderHooks,
    Viewpoint,
)
from portal.incidents.lint.run import STARTERS
from portal.incidents.report import Report, parse_report
from portal.incidents.report_fields.definition import REPORT_FIELDS
from portal.incidents.report_view import ReportView
from portal.incidents.reports import reader_of_organisation, states_nothing
from portal.incidents.sharing.share import STATED, Proposal, findings_among, proposed
from portal.incidents.sharing.shares import add_share, end_share, open_share


def viewpoints() -> list[Viewpoint]:
    """Staff, clients in general, each organisation, everybody."""
    return [
        Viewpoint("internal", "staff (everything)", STAFF),
        Viewpoint("clients", "clients in general", Reader(Audience.CLIENTS)),
        *(
            Viewpoint(f"client:{each.slug}", f"client {each.name}", reader_of_organisation(each))
            for each in organisations()
        ),
        Viewpoint("public", "everybody", PUBLIC),
    ]


def known(slug: str, _text: str) -> PreviewFacts:
    clients = frozenset(each.slug for each in organisations(archived=True))
    return PreviewFacts(clients, is_shared=bool(slug) and open_share(slug) is not None)


def preview_of(
    document: Document, source: str, reader: Reader, known: PreviewFacts
) -> PreviewResult:
    """Before a report is shared, a client's preview shows it as it would be shared."""
    report = parse_report(document)
    by_click = states_nothing(report)
    as_shared = parse_report(document, as_shared=True) if by_click else report
    seen = report if reader.is_staff else as_shared
    checked = as_shared if by_click and known.is_shared else report
    found = findings_among(checked, source, clients=known.clients)
    return PreviewResult(_preview(seen, reader, by_click), found)


def name(document: Document) -> str:
    """Date and title; empty while the text has no title of its own."""
    report = parse_report(document)
    return "" if report.title == "New" else slug_for(report.title, report.day)


def _preview(report: Report, reader: Reader, by_click: bool) -> Preview:
    try:
        view = ReportView(report, reader)
    except NotFound:
        hidden = "This reader does not see that the report exists."
        return Preview(report.title, hidden=hidden)
    html = fitted_inside(view.rendered.html)
    facts = _facts(report, by_click)
    return Preview(report.title, rendered=replace(view.rendered, html=html), facts=facts)


def _facts(report: Report, by_click: bool) -> list[tuple[str, str]]:
    named = f", only {', '.join(report.clients)}" if report.clients else ""
    by = "staff, until it is shared" if by_click else f"{report.audience}{named}"
    if report.doubts and not by_click:
        by = "staff, until what is named here is fixed"
    facts = {
        "Severity": str(report.severity or report.severity_text),
        "Status": report.status_line,
        "Day": report.day.isoformat() if report.day else "",
        "Duration": report.duration_text,
        "Affected": ", ".join(report.affected),
        "Read by": by,
        "Summary": report.summary,
    }
    return [(key, value) for key, value in facts.items() if value]


class ReportReaders(ReaderHooks):
    """Clients read a report by its own statement, or by a share of an earlier text."""

    def before(self, document: Document, source: str) -> OutsideReaders | None:
        report, share = parse_report(document), open_share(document.slug)
        if report.facts.audience_is_given:
            if report.audience is Audience.INTERNAL:
                return None
            proposal = Proposal(report, source)
        elif share is None:
            return None
        else:
            proposal = proposed(document, source)
        return OutsideReaders(
            readers=proposal.reach.words,
            problems=proposal.problems,
            key=proposal.key,
            is_shared=not report.facts.audience_is_given,
            shown_in="incidents/_outward.html",
            details=proposal,
        )

    def after(self, slug: str, source: str, *, share: bool, by: Account) -> None:
        document = parse_document(source, slug)
        if parse_report(document).facts.audience_is_given:
            end_share(slug, by=by, reason=STATED)
        elif share and open_share(slug):
            people = proposed(document, source).reach.people
            add_share(slug, sha256=document.sha256, source=source, people=people, by=by)

    def gone(self, slug: str, *, by: Account) -> None:
        end_share(slug, by=by, reason="The report was withdrawn.")


REPORTS = EditableKind(
    kind=DocumentKind.REPORT,
    noun="report",
    plural="incidents",
    roles=STAFF_ROLES,
    starters=STARTERS,
    shown_at="incidents.show_incident",
    listed_at="incidents.list_incidents",
    viewpoints=viewpoints,
    preview_of=preview_of,
    known=known,
    name=name,
    fields=REPORT_FIELDS,
    readers=ReportReaders(),
)
