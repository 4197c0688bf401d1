"""The client area for a client, or for staff who preview it as one."""

from dataclasses import dataclass

from portal.accounts.clients.queries import organisation_named
from portal.accounts.models import Account, Organisation
from portal.core.errors import NotFound
from portal.core.paging import Page, page_of
from portal.documents.audiences.audience import Audience, Reader
from portal.incidents.client_area.readings import texts_read
from portal.incidents.presentation.plain_words import facts_of
from portal.incidents.report import Report
from portal.incidents.reports import reader_of, reader_of_organisation, reports_for

PAGE = 50


@dataclass(frozen=True)
class Visitor:
    """`previews` is set for staff, who see what is for `organisation`, or for every client."""

    account: Account
    reader: Reader
    previews: bool = False
    organisation: Organisation | None = None

    @property
    def preview_of(self) -> str | None:
        """The value that a link must carry so that the next page keeps the preview."""
        return self.organisation.slug if self.organisation else None


@dataclass(frozen=True)
class Letter:
    """A report in the list; a preview does not show whether it was read."""

    report: Report
    standing: str | None

    @property
    def facts(self) -> list[str]:
        """The facts shown below the title."""
        return [words for name, words in facts_of(self.report) if name in {"Status", "Duration"}]


def visitor(account: Account, *, looks_as: Organisation | None = None) -> Visitor:
    """Only staff may preview as somebody else."""
    if not account.is_staff:
        return Visitor(account, reader_of(account))
    return Visitor(account, _reader_of(looks_as), True, looks_as)


def letters_for(who: Visitor, *, page: int = 1) -> Page[Letter]:
    """Newest first."""
    shown = page_of(reports_for(who.reader), number=page, size=PAGE)
    if who.previews:
        return shown.showing([Letter(report, None) for report in shown.items])
    read = texts_read(who.account, [report.slug for report in shown.items])
    return shown.showing(
        [Letter(each, _standing(each, read.get(each.slug, set()))) for each in shown.items]
    )


def organisation_to_look_as(slug: str) -> Organisation:
    """Raises NotFound, also for an archived one, which reads nothing."""
    found = organisation_named(slug)
    if found.is_archived:
        raise NotFound("There is no such client.")
    return found


def _reader_of(organisation: Organisation | None) -> Reader:
    return reader_of_organisation(organisation) if organisation else Reader(Audience.CLIENTS)


def _standing(report: Report, texts: set[str]) -> str:
    if report.sha256 in texts:
        return "Read"
    return "Changed since you read it" if texts else "Not read yet"
