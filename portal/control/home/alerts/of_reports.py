"""Alerts of reports: incidents that are not over, lost readers, questions of clients."""

from collections.abc import Iterator, Sequence
from textwrap import shorten

from flask import url_for

from portal.control.home.alerts.alert import Alert
from portal.control.home.directories import DirectoryStatus
from portal.core.clock import now
from portal.incidents.parsing.vocabulary import Severity
from portal.incidents.presentation.catalogue import NONE
from portal.incidents.presentation.unresolved import unresolved
from portal.incidents.report import Report
from portal.incidents.reports import all_reports, title_of
from portal.incidents.sharing.open_matters import open_matters
from portal.incidents.sharing.share import suspended, unread_shares
from portal.incidents.sharing.shares import shares_on_page
from portal.incidents.sharing.unshared import undecided

NAMED = 10
"""Open incidents that are listed by name; the others are counted."""

Seen = Sequence[DirectoryStatus]


def of_incidents(_seen: Seen) -> Iterator[Alert]:
    """One alert per open incident, for the most severe and newest ones; one for the rest; and one
    for reports that do not say whether they are over."""
    found = unresolved(all_reports(), today=now().date())
    found.reports.sort(key=lambda report: report.severity is not Severity.CRITICAL)
    for report in found.reports[:NAMED]:
        address = url_for("incidents.show_incident", slug=report.slug)
        is_grave = report.severity is Severity.CRITICAL
        yield Alert(_not_over(report), "Open the report", address, is_grave=is_grave)
    if more := len(found.reports[NAMED:]):
        say = "1 more incident is" if more == 1 else f"{more:,} more incidents are"
        yield Alert(f"{say} not over.", "See all", url_for("incidents.list_incidents"))
    if found.silent:
        count = len(found.silent)
        say = "1 report says neither its" if count == 1 else f"{count} reports say neither their"
        address = url_for("incidents.list_incidents", status=NONE, year=NONE)
        yield Alert(f"{say} day nor whether the incident is over.", "See which", address)


def of_shares(_seen: Seen) -> Iterator[Alert]:
    """Reports that lost their readers, by the new default or by a change of their file."""
    shares_on_page([*(open_matters().undecided or []), *unread_shares()])  # one query for both
    if count := len(undecided()):
        one, more = "1 report that clients could read is", "reports that clients could read are"
        which = one if count == 1 else f"{count} {more}"
        sentence = f"{which} for staff since the upgrade."
        yield Alert(sentence, "Choose what to share", url_for("incidents.list_unshared"))
    for each in suspended():
        yield Alert(
            f"“{each.title}” was shared, and clients can’t read it now: {each.why_suspended}.",
            "Look at the share",
            url_for("incidents.show_sharing", slug=each.slug),
        )


def of_questions(_seen: Seen) -> Iterator[Alert]:
    for each in open_matters().questions:
        client = f", {each.client}," if each.client else ""
        yield Alert(
            f"{each.name}{client} asks about “{title_of(each.slug)}”.",
            "Answer",
            url_for("incidents.show_incident", slug=each.slug, tab="questions"),
        )


def _not_over(report: Report) -> str:
    if not report.states_status:
        return f"The report “{report.title}” does not say whether the incident is over."
    words = report.status_line if report.status else f"“{report.status_text}”"
    return f"The incident “{report.title}” is not over: {shorten(words, 120, placeholder='…')}."
