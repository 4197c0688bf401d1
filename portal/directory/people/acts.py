"""What staff do with a person's account: confirm the address, disable, enable, end sessions.

The studio of a disabled person stays as it is, on its page or not: staff hide it where it should go
too. A block is noted so that a restore blocks again; the end of one takes that back.
"""

from datetime import datetime, timedelta

from sqlalchemy import delete, func, select

from portal.core.clock import now
from portal.core.errors import Conflict, Invalid, NotFound
from portal.core.storage.database import changing_directory, db
from portal.directory.claims.placeholders import is_placeholder
from portal.directory.history.models import Subject
from portal.directory.history.recording import By, Made, note_change
from portal.directory.models import User
from portal.directory.users.access.finding import account_of
from portal.directory.users.access.passwords import end_address_changes, end_resets
from portal.directory.users.ended import EndedKind
from portal.directory.users.events import note_event
from portal.directory.users.letters import LetterKind, queue_letter
from portal.directory.users.models import SiteAccount, SiteEvent, SiteSession
from portal.directory.users.sessions import end_sessions
from portal.directory.users.unblocking import UNBLOCKED

LONGEST_REASON = 300
PLACEHOLDER = "This is the placeholder of an imported studio: no one can log in as it."
LASTS = timedelta(days=7)


def confirm_address(number: int, reason: str, *, by: By) -> None:
    """Raises NotFound, Invalid (field `reason`), Conflict where it is confirmed already."""
    because = checked_reason(reason)
    with changing_directory():
        user = locked_person(number)
        if user.email_verified:
            raise Conflict("This address is confirmed already.")
        user.email_verified = True
        _note("person.confirmed", user, {"confirmed": False}, {"confirmed": True}, because, by=by)


def disable_person(number: int, reason: str, *, by: By) -> None:
    """The person reads the reason, by email and at the login. Ends their sessions. Raises
    NotFound, Invalid (field `reason`), Conflict."""
    because = checked_reason(reason)
    with changing_directory():
        user = locked_person(number)
        if account_of(user).blocked_at:
            raise Conflict("This account is disabled already.")
        block(user, because, at=now())
        _note("person.disabled", user, {"disabled": False}, {"disabled": True}, because, by=by)


def enable_person(number: int, *, by: By) -> None:
    """Raises NotFound, and Conflict where it is not disabled."""
    with changing_directory():
        user = locked_person(number)
        account = account_of(user)
        if account.blocked_at is None:
            raise Conflict("This account is not disabled.")
        unblock(user, account)
        _note("person.enabled", user, {"disabled": True}, {"disabled": False}, None, by=by)


def end_all_sessions(number: int, *, by: By) -> int:
    """How many there were. Raises NotFound."""
    with changing_directory():
        user = locked_person(number)
        live = SiteSession.user_id == number, SiteSession.ended_at.is_(None)
        count = db.session.scalar(select(func.count()).select_from(SiteSession).where(*live)) or 0
        end_sessions(number)
        _note("person.sessions-ended", user, {"sessions": count}, {"sessions": 0}, None, by=by)
    return count


def block(user: User, because: str, *, at: datetime) -> None:
    """Within `changing_directory`, with the user locked: sessions end, links to a new password and
    a change of address that waits, and a restore blocks again."""
    account = account_of(user)
    account.blocked_at, account.blocked_because = at, because
    end_sessions(user.id)
    end_resets(user.id, at)
    end_address_changes(user.id, at)
    note_event(EndedKind.BLOCKED.value, user.id)
    details = {"reason": because}
    kind = LetterKind.ACCOUNT_DISABLED
    queue_letter(kind, user.email, user_id=user.id, details=details, lasts=LASTS)


def unblock(user: User, account: SiteAccount) -> None:
    """Within `changing_directory`, with the user locked. Blocks that are not in ops yet are
    forgotten here, others by the event."""
    account.blocked_at = account.blocked_because = None
    waiting = SiteEvent.user_id == user.id, SiteEvent.kind == EndedKind.BLOCKED.value
    query = delete(SiteEvent).where(*waiting).execution_options(synchronize_session=False)
    db.session.flush()
    db.session.execute(query)
    note_event(UNBLOCKED, user.id)
    queue_letter(LetterKind.ACCOUNT_ENABLED, user.email, user_id=user.id, lasts=LASTS)


def locked_person(number: int) -> User:
    """Within `changing_directory`. Raises NotFound, and Conflict for a placeholder."""
    query = select(User).where(User.id == number).with_for_update()
    user = db.session.scalar(query.execution_options(populate_existing=True))
    if user is None:
        raise NotFound("There is no such person any more, so nothing was changed.")
    if is_placeholder(user):
        raise Conflict(PLACEHOLDER)
    return user


def checked_reason(reason: str) -> str:
    text = " ".join(reason.split())
    if not text:
        raise Invalid("Fill in the reason.", field="reason")
    if len(text) > LONGEST_REASON:
        raise Invalid(f"At most {LONGEST_REASON} characters, please.", field="reason")
    return text


def _note(
    action: str,
    user: User,
    before: dict[str, object],
    after: dict[str, object],
    reason: str | None,
    *,
    by: By,
) -> None:
    made = Made(action, Subject.PERSON, user.id, before, after, user_id=user.id, reason=reason)
    note_change(made, by=by)
