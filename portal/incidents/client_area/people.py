"""Each person who may read a report, and whether they have: for staff."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, select

from portal.accounts.clients.queries import accounts_to_connect, organisations_with_readers
from portal.accounts.models import Contact
from portal.core.storage.database import db
from portal.documents.audiences.audience import Audience, Reader
from portal.incidents.client_area.links import may_read
from portal.incidents.models import PrivateLink, ReportReading
from portal.incidents.report import Report


@dataclass(frozen=True)
class Person:
    """`read_at`: the last opening of the text that they can read now; `read_before`: of an earlier
    one.
    """

    name: str
    organisation: str | None
    has_login: bool
    read_at: datetime | None
    read_before: datetime | None

    @property
    def has_read(self) -> bool:
        return self.read_at is not None


def people_of(outside: Report | None) -> list[Person]:
    """Those who have yet to read it first; none for a report that staff alone can read."""
    if outside is None or outside.audience is Audience.INTERNAL:
        return []
    opened = _Openings(outside)
    found = [*_contacts(outside, opened), *_logins(outside, opened)]
    return sorted(found, key=lambda each: each.has_read)


def _contacts(outside: Report, opened: "_Openings") -> Iterator[Person]:
    for organisation in organisations_with_readers():
        for contact in organisation.contacts:
            if may_read(contact, outside):
                yield opened.person(contact, organisation.name)


def _logins(outside: Report, opened: "_Openings") -> Iterator[Person]:
    """Logins of clients that belong to no organisation."""
    if not outside.is_for(Reader(Audience.CLIENTS)):
        return
    for account in accounts_to_connect():
        at, before = opened.last({("account", account.id)})
        yield Person(account.name, None, True, at, before)


class _Openings:
    """The last opening of the present text and of others, by account and by contact."""

    def __init__(self, outside: Report) -> None:
        self._now: dict[tuple[str, int], datetime] = {}
        self._before: dict[tuple[str, int], datetime] = {}
        for account, contact, sha256, at in db.session.execute(_OPENINGS, {"slug": outside.slug}):
            kept = self._now if sha256 == outside.sha256 else self._before
            key = ("account", account) if account is not None else ("contact", contact)
            kept[key] = max(at, kept.get(key, at))

    def person(self, contact: Contact, organisation: str) -> Person:
        keys: set[Any] = {("contact", contact.id)}
        if contact.account_id is not None:
            keys.add(("account", contact.account_id))
        at, before = self.last(keys)
        return Person(contact.name, organisation, contact.account_id is not None, at, before)

    def last(self, keys: set[Any]) -> tuple[datetime | None, datetime | None]:
        def newest(kept: dict[tuple[str, int], datetime]) -> datetime | None:
            return max((kept[key] for key in keys if key in kept), default=None)

        return newest(self._now), newest(self._before)


_OPENINGS = (
    select(
        ReportReading.account_id,
        PrivateLink.contact_id,
        ReportReading.sha256,
        func.max(ReportReading.at),
    )
    .outerjoin(PrivateLink, ReportReading.link_id == PrivateLink.id)
    .where(ReportReading.slug == bindparam("slug"))
    .group_by(ReportReading.account_id, PrivateLink.contact_id, ReportReading.sha256)
)
