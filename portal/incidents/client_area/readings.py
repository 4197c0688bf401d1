"""Records what was read: reports and live incidents by clients, reports through private links."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import bindparam, func, or_, select
from sqlalchemy.orm import Session

from portal.accounts.models import Account, Contact
from portal.audit.actor import Actor, NamedActor
from portal.audit.service import append
from portal.core.clock import now
from portal.core.storage.database import db, is_reading, own_ops_transaction
from portal.incidents.models import PrivateLink, ReportReading, Way

#: Opening the same text again within this time is the same reading, such as a reload.
SAME = timedelta(minutes=1)


class Text(Protocol):
    """A report, or what is said of a live incident."""

    @property
    def slug(self) -> str: ...

    @property
    def sha256(self) -> str: ...


def note_reading(
    report: Text,
    *,
    way: Way,
    account: Account | None = None,
    link: PrivateLink | None = None,
    is_noted: bool | None = None,
) -> None:
    """Record a reading by a client or through a link, in a short transaction of its own.

    `is_noted`: the answer of an earlier query, if the page has made one; otherwise it is queried
    here.
    """
    asked = noted_with(report, way=way, account=account, link=link)
    if is_noted is None and is_reading():
        is_noted = _was_noted(db.session(), asked)
    if is_noted:
        return  # without the writer lock, on which pages would queue
    reading = ReportReading(
        slug=report.slug,
        sha256=report.sha256,
        way=way,
        account_id=account.id if account else None,
        link_id=link.id if link else None,
    )
    by, details = _reader(account, link), {"way": way, "sha256": report.sha256}
    if link:
        details["link"] = str(link.id)
    with own_ops_transaction() as session:
        if not _was_noted(session, asked):
            session.add(reading)
            append(
                session,
                "report.read",
                f"incidents/{report.slug}",
                by=by,
                target=f"incidents/{report.slug}",
                details=details,
            )


def _reader(account: Account | None, link: PrivateLink | None) -> Actor:
    """A link does not authenticate its user: the entry names the contact it was created for."""
    if account:
        return NamedActor(name=account.name, role=account.role, id=account.id)
    return NamedActor(name=link.contact.name if link else "", role="link")


def noted_with(
    report: Text, *, way: Way, account: Account | None = None, link: PrivateLink | None = None
) -> dict[str, Any]:
    """The parameters of `IS_NOTED`."""
    return {
        "slug": report.slug,
        "sha256": report.sha256,
        "way": way,
        "account": account.id if account else None,
        "link": link.id if link else None,
        "since": now() - SAME,
    }


def _was_noted(session: Session, asked: dict[str, Any]) -> bool:
    return session.scalar(IS_NOTED, asked) is not None


IS_NOTED = (
    select(ReportReading.id)
    .where(
        ReportReading.slug == bindparam("slug"),
        ReportReading.sha256 == bindparam("sha256"),
        ReportReading.way == bindparam("way"),
        ReportReading.account_id.is_not_distinct_from(bindparam("account")),
        ReportReading.link_id.is_not_distinct_from(bindparam("link")),
        ReportReading.at > bindparam("since"),
    )
    .limit(1)
)
"""The id of a matching reading. Built once, since each request of a client uses it."""


def texts_read(account: Account, slugs: Collection[str]) -> dict[str, dict[str, datetime]]:
    """By slug the hashes of the texts that this person has opened, logged in or through their own
    links, each with its last time.
    """
    query = (
        select(ReportReading.slug, ReportReading.sha256, func.max(ReportReading.at))
        .outerjoin(PrivateLink, ReportReading.link_id == PrivateLink.id)
        .outerjoin(Contact, PrivateLink.contact_id == Contact.id)
        .where(ReportReading.slug.in_(slugs))
        .where(or_(ReportReading.account_id == account.id, Contact.account_id == account.id))
        .group_by(ReportReading.slug, ReportReading.sha256)
    )
    found: dict[str, dict[str, datetime]] = {}
    for slug, sha256, at in db.session.execute(query):
        found.setdefault(slug, {})[sha256] = at
    return found
