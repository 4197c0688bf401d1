"""The readers of a report, their confirmations and private links, for staff."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import String, bindparam, func, select
from sqlalchemy.orm import joinedload
from sqlalchemy.orm.strategy_options import _AbstractLoad

from portal.accounts.clients.queries import organisations_with_readers
from portal.accounts.models import Account, Contact
from portal.core.storage.database import db
from portal.documents.models import DocumentKind
from portal.documents.publishing.versions import versions_of
from portal.incidents.client_area.links import may_read
from portal.incidents.client_area.people import Person, people_of
from portal.incidents.models import PrivateLink, ReadingConfirmation, ReportReading, Way
from portal.incidents.report import Report
from portal.incidents.reports import report_outside

#: Number of readings shown; the audit log has all of them.
SHOWN = 50
WAYS = {Way.PAGE: "on the page", Way.PDF: "as a PDF", Way.LINK: "by private link"}


@dataclass(frozen=True)
class Line:
    """A person's action on a text of the report, with its time."""

    who: str
    organisation: str | None
    at: datetime
    text: str
    way: str = ""


@dataclass(frozen=True)
class LinkLine:
    """A private link, its state, and how often it was opened."""

    link: PrivateLink
    state: str
    opened: int

    @property
    def is_open(self) -> bool:
        return self.state == "open"


@dataclass(frozen=True)
class Readership:
    """`people` are those who may read it, `contacts` those for whom a link can be created. What
    happened is ordered latest first."""

    people: list[Person]
    readings: list[Line]
    confirmations: list[Line]
    links: list[LinkLine]
    contacts: list[Contact]


def readership_of(report: Report) -> Readership:
    outside = report_outside(report.slug)
    texts = _Texts(report, outside)
    return Readership(
        people=people_of(outside),
        readings=[_reading(row, texts) for row in _readings(report)],
        confirmations=[_confirmation(row, texts) for row in _confirmations(report)],
        links=_links(report, outside),
        contacts=[
            contact
            for organisation in organisations_with_readers()
            for contact in organisation.contacts
            if may_read(contact, outside)
        ],
    )


class _Texts:
    """Names of the texts of a report, from their version numbers."""

    def __init__(self, report: Report, outside: Report | None) -> None:
        versions = versions_of(DocumentKind.REPORT, report.slug)
        self._numbers = {each.sha256: each.number for each in reversed(versions)}
        self._now, self._outside = report.sha256, outside.sha256 if outside else None

    def name(self, sha256: str) -> str:
        if sha256 == self._now:
            return "this text"
        if sha256 == self._outside:
            return "the shared version"
        number = self._numbers.get(sha256)
        return f"version {number}" if number else f"an earlier text, {sha256[:8]}…"


def _reading(row: ReportReading, texts: _Texts) -> Line:
    """A reading through a link is attributed to the link's contact."""
    way = WAYS[row.way]
    if row.link and row.way is Way.PDF:
        way = f"{way}, {WAYS[Way.LINK]}"
    contact = row.link.contact if row.link else row.account.contact if row.account else None
    account_name = row.account.name if row.account else "somebody"
    who = contact.name if contact else account_name
    return Line(who, _organisation(contact), row.at, texts.name(row.sha256), way)


def _confirmation(row: ReadingConfirmation, texts: _Texts) -> Line:
    contact = row.account.contact
    return Line(row.account.name, _organisation(contact), row.at, texts.name(row.sha256))


def _organisation(contact: Contact | None) -> str | None:
    return contact.organisation.name if contact else None


def _readings(report: Report) -> list[ReportReading]:
    return list(db.session.scalars(_READINGS, {"slug": report.slug}))


def _confirmations(report: Report) -> list[ReadingConfirmation]:
    return list(db.session.scalars(_CONFIRMATIONS, {"slug": report.slug}))


def _with_client(account: _AbstractLoad) -> _AbstractLoad:
    return account.joinedload(Account.contact).joinedload(Contact.organisation)


def _links(report: Report, outside: Report | None) -> list[LinkLine]:
    rows = db.session.execute(_LINKS, {"slug": report.slug})
    return [LinkLine(link, _state(link, outside), count) for link, count in rows]


def _state(link: PrivateLink, outside: Report | None) -> str:
    if link.withdrawn_at:
        return f"withdrawn by {link.withdrawn_by}"
    if link.held_at:
        return "opens nothing yet: its message has not left"
    if not link.is_open:
        return "expired"
    return "open" if may_read(link.contact, outside) else "closed: not theirs to read any more"


_SLUG = bindparam("slug", type_=String())
_READINGS = (
    select(ReportReading)
    .where(ReportReading.slug == _SLUG)
    .options(_with_client(joinedload(ReportReading.account)))
    .options(
        joinedload(ReportReading.link)
        .joinedload(PrivateLink.contact)
        .joinedload(Contact.organisation)
    )
    .order_by(ReportReading.id.desc())
    .limit(SHOWN)
)
_CONFIRMATIONS = (
    select(ReadingConfirmation)
    .where(ReadingConfirmation.slug == _SLUG)
    .options(_with_client(joinedload(ReadingConfirmation.account)))
    .order_by(ReadingConfirmation.id.desc())
)
_OPENED = (
    select(func.count())
    .where(ReportReading.link_id == PrivateLink.id)
    .correlate(PrivateLink)
    .scalar_subquery()
)
_LINKS = (
    select(PrivateLink, _OPENED)
    .where(PrivateLink.slug == _SLUG)
    .options(joinedload(PrivateLink.contact).joinedload(Contact.organisation))
    .order_by(PrivateLink.id.desc())
)
