"""The client area for a client, or for staff who preview it as one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from portal.accounts.clients.queries import organisation_named
from portal.accounts.models import Account, Organisation
from portal.core.errors import NotFound
from portal.core.paging import Page, page_of
from portal.documents.audiences.audience import Audience, Reader
from portal.incidents.client_area.readings import texts_read
from portal.incidents.client_area.visits import live_key, newest_visit
from portal.incidents.live.view import LiveView
from portal.incidents.presentation.plain_words import facts_of
from portal.incidents.report import Report
from portal.incidents.reports import reader_of, reader_of_organisation, reports_for

PAGE = 50
READ, CHANGED, UNREAD = "Read", "Changed since you read it", "Not read yet"


@dataclass(frozen=True)
class Visitor:
    """`previews` is set for staff, who see what is for `organisation`, or for every client."""

    account: Account
    reader: Reader
    previews: bool = False
    organisation: Organisation | None = None

    @property
    def client_name(self) -> str:
        """Empty for a client without an organisation, and in a preview as every client."""
        contact = None if self.previews else self.account.contact
        organisation = contact.organisation if contact else self.organisation
        return organisation.name if organisation else ""

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


@dataclass(frozen=True)
class Now:
    """What goes on, and how many of its updates came since this client opened it; None in a preview
    and before that.
    """

    view: LiveView
    new: int | None


@dataclass(frozen=True)
class News:
    """What is new since the client's last visit, of any page."""

    since: datetime
    updates: int
    changed: int
    unread: int


@dataclass(frozen=True)
class Area:
    """`news` is None on a first visit and in a preview."""

    letters: Page[Letter]
    going_on: list[Now]
    news: News | None


def area_of(who: Visitor, going_on: Sequence[LiveView], *, page: int = 1) -> Area:
    """Reports newest first."""
    shown = page_of(reports_for(who.reader), number=page, size=PAGE)
    if who.previews:
        letters = [Letter(report, None) for report in shown.items]
        return Area(shown.showing(letters), [Now(view, None) for view in going_on], None)
    slugs = [*(each.slug for each in shown.items), *map(_key, going_on)]
    read = texts_read(who.account, slugs)
    letters = [Letter(each, _standing(each, read.get(each.slug, {}))) for each in shown.items]
    now = [Now(view, _count_new(view, read.get(_key(view), {}))) for view in going_on]
    return Area(shown.showing(letters), now, _news(who.account, letters, now))


def _news(account: Account, letters: list[Letter], going_on: list[Now]) -> News | None:
    since = newest_visit(account)
    if since is None:
        return None
    standings = [each.standing for each in letters]
    return News(
        since,
        sum(len(each.view.updates) if each.new is None else each.new for each in going_on),
        standings.count(CHANGED),
        standings.count(UNREAD),
    )


def _count_new(view: LiveView, read: dict[str, datetime]) -> int | None:
    if not read:
        return None
    return sum(each.leaves_at > max(read.values()) for each in view.updates)


def _key(view: LiveView) -> str:
    return live_key(view.incident.slug)


def organisation_to_look_as(slug: str) -> Organisation:
    """Raises NotFound, also for an archived one, which reads nothing."""
    found = organisation_named(slug)
    if found.is_archived:
        raise NotFound("There is no such client.")
    return found


def _reader_of(organisation: Organisation | None) -> Reader:
    return reader_of_organisation(organisation) if organisation else Reader(Audience.CLIENTS)


def _standing(report: Report, texts: dict[str, datetime]) -> str:
    if report.sha256 in texts:
        return READ
    return CHANGED if texts else UNREAD
