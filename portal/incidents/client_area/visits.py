"""The visit of a client before this one, by what they opened; for “new since your last visit”.

What was opened within the last minutes is this visit. A preview by staff is never noted, so it is
no visit.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, func, or_, select

from portal.accounts.models import Account, Contact, Organisation
from portal.core.clock import now
from portal.core.storage.database import db
from portal.incidents.live.models import IncidentUpdate, LiveIncident
from portal.incidents.live.view import LiveView
from portal.incidents.models import PrivateLink, ReportReading

#: Openings within this time are one visit: a reload, a question that was sent, the PDF.
VISIT = timedelta(minutes=5)
SHOWN = 50


@dataclass(frozen=True)
class Visit:
    """`sha256` is the hash of the text that was read then."""

    at: datetime
    sha256: str


@dataclass(frozen=True)
class LiveText:
    """What a client reads of a live incident, for the record of readings."""

    slug: str
    sha256: str


@dataclass(frozen=True)
class Opening:
    who: str
    organisation: str | None
    at: datetime
    text: str


def live_text(view: LiveView) -> LiveText:
    said = repr([(each.number, each.phase.value, each.text) for each in view.updates])
    return LiveText(live_key(view.incident.slug), sha256(said.encode()).hexdigest())


def live_key(slug: str) -> str:
    """As its page names it below `/client/incidents/`."""
    return f"live/{slug}"


def visit_parameters(slug: str, account: Account) -> dict[str, Any]:
    return {"slug": slug, "account": account.id, "before": now() - VISIT}


def last_visit(slug: str, account: Account) -> Visit | None:
    """Of this person, logged in or through their own links; None on a first visit."""
    return _visit(_LAST_OF_ACCOUNT, visit_parameters(slug, account))


def newest_visit(account: Account) -> datetime | None:
    """Of this person to any page; None on a first visit."""
    return db.session.scalar(_NEWEST, {"account": account.id, "before": now() - VISIT})


def last_opening(link: PrivateLink) -> Visit | None:
    asked = {"slug": link.slug, "link": link.id, "before": now() - VISIT}
    return _visit(_LAST_OF_LINK, asked)


def is_new(update: IncidentUpdate, visit: Visit | None) -> bool:
    """Whether it became visible after that visit."""
    return visit is not None and update.leaves_at > visit.at


def openings_of(incident: LiveIncident) -> list[Opening]:
    """Who opened its page in the client area, the latest first."""
    rows = db.session.execute(_OPENINGS, {"slug": live_key(incident.slug)})
    return [
        Opening(name, organisation, at, _up_to(incident, at)) for name, organisation, at in rows
    ]


def _up_to(incident: LiveIncident, at: datetime) -> str:
    left = [e.number for e in incident.updates if e.held_at is None and e.leaves_at <= at]
    return f"up to update {max(left)}" if left else "none"


def _visit(query: Select[datetime, str], asked: dict[str, Any]) -> Visit | None:
    row = db.session.execute(query, asked).first()
    return Visit(*row) if row else None


def of_this_person() -> ColumnElement[bool]:
    """The readings of the account `:account`, also through links that were made for them."""
    own_links = (
        select(PrivateLink.id)
        .join(Contact, PrivateLink.contact_id == Contact.id)
        .where(Contact.account_id == bindparam("account"))
    )
    return or_(
        ReportReading.account_id == bindparam("account"), ReportReading.link_id.in_(own_links)
    )


def _last(whose: ColumnElement[bool]) -> Select[datetime, str]:
    query = select(ReportReading.at, ReportReading.sha256)
    return (
        query.where(
            ReportReading.slug == bindparam("slug"),
            whose,
            ReportReading.at <= bindparam("before"),
        )
        .order_by(ReportReading.at.desc(), ReportReading.id.desc())
        .limit(1)
    )


_LAST_OF_ACCOUNT = _last(of_this_person())
_LAST_OF_LINK = _last(ReportReading.link_id == bindparam("link"))
_NEWEST = select(func.max(ReportReading.at)).where(
    of_this_person(), ReportReading.at <= bindparam("before")
)
LAST_ID = _last(of_this_person()).with_only_columns(ReportReading.id)
"""The id of the reading that `last_visit` is about, as a part of another statement."""
_OPENINGS = (
    select(Account.name, Organisation.name, ReportReading.at)
    .select_from(ReportReading)
    .join(Account, ReportReading.account_id == Account.id)
    .outerjoin(Contact, Contact.account_id == Account.id)
    .outerjoin(Organisation, Contact.organisation_id == Organisation.id)
    .where(ReportReading.slug == bindparam("slug"))
    .order_by(ReportReading.id.desc())
    .limit(SHOWN)
)
