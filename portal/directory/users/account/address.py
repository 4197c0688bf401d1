"""Another email address: it takes effect when it is confirmed at the old and at the new one."""

from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from portal.accounts.checks import email_address
from portal.core.clock import now
from portal.core.errors import Conflict, Invalid, NotFound
from portal.core.storage.database import changing_directory, db
from portal.directory.models import User
from portal.directory.users.access.finding import locked_user, user_with
from portal.directory.users.access.origin import Origin
from portal.directory.users.access.passwords import end_address_changes, end_resets
from portal.directory.users.access.throttles import charge_letter
from portal.directory.users.letters import LINKS_LAST, LetterKind, queue_letter
from portal.directory.users.links import id_in
from portal.directory.users.models import Purpose, SiteLink
from portal.directory.users.prepared import require_writable

LETTERS = {
    Purpose.OLD_ADDRESS: LetterKind.CONFIRM_OLD_ADDRESS,
    Purpose.NEW_ADDRESS: LetterKind.CONFIRM_NEW_ADDRESS,
}


@dataclass(frozen=True)
class PendingChange:
    """A change that waits for one confirmation or both."""

    new: str
    is_old_confirmed: bool
    is_new_confirmed: bool
    expires_at: datetime


def pending_change(user_id: int) -> PendingChange | None:
    links = {link.purpose: link for link in _open_links(user_id)}
    if len(links) < len(LETTERS):
        return None
    old, new = links[Purpose.OLD_ADDRESS], links[Purpose.NEW_ADDRESS]
    return PendingChange(new.email, bool(old.used_at), bool(new.used_at), new.expires_at)


def ask_address_change(user: User, email: str, origin: Origin) -> None:
    """Sends both mails; an earlier change that waits is void. Raises Invalid, TooMany, Unavailable.

    An address that has an account gets the same answer: its person gets a mail that says so, and
    the change is never confirmed.
    """
    require_writable()
    user_id, email = user.id, email_address(email)
    if email == user.email.casefold():
        raise Invalid("This is your address already.", field="email")
    charge_letter(email, origin.address)
    with changing_directory():
        found, at, change = locked_user(user_id), now(), str(uuid4())
        end_address_changes(user_id, at)
        is_known = user_with(email) is not None
        for purpose, to in ((Purpose.OLD_ADDRESS, found.email), (Purpose.NEW_ADDRESS, email)):
            link = SiteLink(id=str(uuid4()), user_id=user_id, purpose=purpose, email=to)
            link.change, link.expires_at = change, at + LINKS_LAST
            db.session.add(link)
            is_taken = is_known and purpose is Purpose.NEW_ADDRESS
            kind = LetterKind.ADDRESS_KNOWN if is_taken else LETTERS[purpose]
            whose = None if is_taken else user_id
            queue_letter(kind, to, user_id=whose, about=link.id, details={"new": email})


def withdraw_address_change(user_id: int) -> None:
    with changing_directory():
        locked_user(user_id)
        end_address_changes(user_id, now())


def open_confirmation(code: str) -> SiteLink:
    """The link that confirms one side of a change. Raises NotFound for no link of this site,
    Conflict for one that was used, has expired, or whose change is void."""
    link_id = id_in("address", code)
    link = db.session.get(SiteLink, link_id, populate_existing=True) if link_id else None
    if link is None or link.purpose not in LETTERS:
        raise NotFound(
            "This link is not complete, or not one of this site.",
            remedy="Open it from the mail once more.",
        )
    if link.expires_at <= now():
        raise Conflict(
            "This link has expired, or the change was withdrawn. The address was not changed.",
            remedy="Log in and ask for the change again.",
        )
    if link.used_at:
        raise Conflict(
            "This address was confirmed already.",
            remedy="The change takes effect when both addresses are confirmed.",
        )
    return link


def confirm_address(code: str) -> bool:
    """Confirm one side; True when that was the last, so that the address is changed.

    Raises as `open_confirmation`, and Conflict if the new address has an account by now.
    """
    try:
        with changing_directory():
            user = locked_user(open_confirmation(code).user_id)
            link = open_confirmation(code)  # again, under the lock
            link.used_at = now()
            db.session.flush()
            links = [each for each in _open_links(user.id) if each.change == link.change]
            is_last = len(links) == len(LETTERS) and all(each.used_at for each in links)
            if is_last:
                _switch(user, next(e.email for e in links if e.purpose is Purpose.NEW_ADDRESS))
            return is_last
    except IntegrityError:
        raise _taken() from None


def _switch(user: User, email: str) -> None:
    before, at = user.email, now()
    if (other := user_with(email)) and other.id != user.id:
        raise _taken()
    user.email, user.email_verified = email, True
    end_resets(user.id, at)
    end_address_changes(user.id, at)
    for to in (before, email):
        details = {"old": before, "new": email}
        queue_letter(LetterKind.ADDRESS_CHANGED, to, user_id=user.id, details=details)
    db.session.flush()


def _open_links(user_id: int) -> list[SiteLink]:
    query = select(SiteLink).where(
        SiteLink.user_id == user_id, SiteLink.purpose.in_(LETTERS), SiteLink.expires_at > now()
    )
    return list(db.session.scalars(query.execution_options(populate_existing=True)))


def _taken() -> Conflict:
    return Conflict(
        "There is an account for the new address by now, so yours was not changed.",
        remedy="Log in to ask for another one.",
    )
