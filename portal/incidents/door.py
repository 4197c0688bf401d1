"""What a client finds behind their door, or staff who look at it through a client's eyes."""

from dataclasses import dataclass

from sqlalchemy import select

from portal.accounts.models import Account, Organisation, Reading
from portal.core.database import db
from portal.core.errors import NotFound
from portal.documents.audience import Audience, Reader
from portal.incidents.readings import texts_read
from portal.incidents.report import Report
from portal.incidents.reports import all_reports, reader_of
from portal.incidents.showing import facts_of


@dataclass(frozen=True)
class Visitor:
    """`previews` for staff, who see what is meant for `organisation`, or for every client."""

    account: Account
    reader: Reader
    previews: bool = False
    organisation: Organisation | None = None

    @property
    def preview_of(self) -> str | None:
        """What a link must carry so that the next page is seen through the same eyes."""
        return self.organisation.slug if self.organisation else None


@dataclass(frozen=True)
class Letter:
    """A report in the list; in a preview nothing is said of whether it was read."""

    report: Report
    standing: str | None

    @property
    def facts(self) -> list[str]:
        """What is worth a line below the title."""
        return [words for name, words in facts_of(self.report) if name in {"Status", "Duration"}]


def visitor(account: Account, *, looks_as: Organisation | None = None) -> Visitor:
    """Only staff look as somebody else."""
    if not account.is_staff:
        return Visitor(account, reader_of(account))
    return Visitor(account, _eyes_of(looks_as), True, looks_as)


def letters_for(who: Visitor) -> list[Letter]:
    """Newest first."""
    reports = [report for report in all_reports() if report.is_for(who.reader)]
    if who.previews:
        return [Letter(report, None) for report in reports]
    read = texts_read(who.account)
    return [Letter(report, _standing(report, read.get(report.slug, set()))) for report in reports]


def zone_of(account: Account) -> str:
    """The account's own, else the one noted for the contact; UTC without either."""
    if account.time_zone != "UTC" or account.contact is None:
        return account.time_zone
    return account.contact.time_zone


def current_organisations() -> list[Organisation]:
    """By name; the archived ones read nothing."""
    query = select(Organisation).where(Organisation.archived_at.is_(None))
    return list(db.session.scalars(query.order_by(Organisation.name, Organisation.id)))


def organisation_to_look_as(slug: str) -> Organisation:
    """Raises NotFound."""
    found = next((each for each in current_organisations() if each.slug == slug), None)
    if found is None:
        raise NotFound("There is no such client.")
    return found


def _eyes_of(organisation: Organisation | None) -> Reader:
    if organisation is None:
        return Reader(Audience.CLIENTS)
    named_only = organisation.reading is Reading.NAMED
    return Reader(Audience.CLIENTS, organisation.slug, named_only=named_only)


def _standing(report: Report, texts: set[str]) -> str:
    if report.sha256 in texts:
        return "Read"
    return "Changed since you read it" if texts else "Not read yet"
