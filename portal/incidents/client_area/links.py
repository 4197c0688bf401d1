"""Private links: each opens one report for one contact without a login.

The token has 256 bits and appears only in the address; the row stores its hash. A link is invalid
when it is expired or withdrawn, when its contact or their organisation is archived or their login
is disabled, and when the contact may no longer read the report. Every invalid link gives the same
sentence.
"""

import secrets
from datetime import timedelta
from hashlib import sha256

from sqlalchemy import select

from portal.accounts.login.throttle import consume_allowance, link_allowances
from portal.accounts.models import Contact
from portal.audit.actor import Actor
from portal.audit.service import record
from portal.core.clock import now
from portal.core.errors import Conflict, Invalid, NotFound
from portal.core.storage.database import db, own_ops_transaction
from portal.incidents.client_area.link_addresses import STAND_IN, address_of
from portal.incidents.models import PrivateLink
from portal.incidents.report import Report
from portal.incidents.report_view import ReportView
from portal.incidents.reports import reader_of_contact, report_named, report_outside

DAYS, MOST_DAYS = 30, 365


def create_link(
    slug: str, contact: Contact, *, by: Actor, days: int = DAYS
) -> tuple[PrivateLink, str]:
    """The link and its whole address, which can't be read again later; the caller commits.

    Raises what `link_with_key` raises.
    """
    key = secrets.token_urlsafe(32)
    link = link_with_key(slug, contact, key, made_by=by.name, days=days)
    details = {"contact": contact.id, "days": days}
    record("link.created", link, by=by, target=f"incidents/{slug}", details=details)
    return link, address_of(key)


def link_with_key(
    slug: str, contact: Contact, key: str, *, made_by: str, days: int = DAYS
) -> PrivateLink:
    """The row of a link that this key opens, valid from now on; the caller writes the audit entry.

    Raises NotFound for the report, Invalid for an invalid number of days, Conflict if the contact
    may not read the report.
    """
    report, text = report_named(slug), report_outside(slug)
    if not 1 <= days <= MOST_DAYS:
        raise Invalid(f"A link holds for 1 to {MOST_DAYS} days.")
    if not may_read(contact, text):
        raise Conflict(
            f"“{report.title}” is not for {contact.name} to read, so nothing was made.",
            remedy="Choose somebody it is meant for.",
            field="contact",
        )
    link = PrivateLink(
        token_hash=hash_of(key),
        slug=slug,
        contact=contact,
        created_by=made_by,
        expires_at=now() + timedelta(days=days),
    )
    db.session.add(link)
    db.session.flush()
    return link


def withdraw_link(link: PrivateLink, *, by: Actor) -> None:
    """Withdraw a link; idempotent."""
    if link.withdrawn_at is not None:
        return
    link.withdrawn_at, link.withdrawn_by = now(), by.name
    record("link.withdrawn", link, by=by, target=f"incidents/{link.slug}")


def link_for_token(token: str) -> tuple[PrivateLink, ReportView]:
    """The link of a token and its report. Raises NotFound, with one sentence for all reasons."""
    if token == STAND_IN:
        raise NotFound(
            "This is the place of a private link in a message that was not sent yet.",
            remedy="The message that leaves has a link of its own there, made as it is sent.",
        )
    query = select(PrivateLink).where(PrivateLink.token_hash == hash_of(token))
    link = db.session.scalar(query)
    if link is None or not link.is_open:
        raise _dead()
    report = report_outside(link.slug)
    if report is None or not may_read(link.contact, report):
        raise _dead()
    return link, ReportView(report, reader_of_contact(link.contact))


def count_opening(address: str | None) -> None:
    """Count an attempt to open a link. Raises TooMany if an IP address exceeds the limit."""
    with own_ops_transaction() as session:
        consume_allowance(
            link_allowances(address),
            attempts="links opened from here",
            action="link.throttled",
            store=session,
        )


def link_on(slug: str, link_id: int) -> PrivateLink:
    """Raises NotFound if the report has no such link."""
    link = db.session.get(PrivateLink, link_id)
    if link is None or link.slug != slug:
        raise NotFound("This report has no such link.")
    return link


def may_read(contact: Contact, outside: Report | None) -> bool:
    """`outside` is the text of the report visible outside of the staff, if any."""
    if outside is None or not contact.is_active:
        return False
    return outside.is_for(reader_of_contact(contact))


def _dead() -> NotFound:
    return NotFound(
        "This link does not open a report.",
        remedy="Links expire and can be withdrawn. Ask the sender for a new one, or log in.",
    )


def hash_of(token: str) -> str:
    return sha256(token.encode("utf-8", "replace")).hexdigest()
