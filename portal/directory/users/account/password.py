"""Change one's own password."""

from sqlalchemy import update

from portal.accounts.login.passwords import hash_password
from portal.core.clock import now
from portal.core.errors import Invalid
from portal.core.storage.database import changing_directory, db
from portal.directory.models import User
from portal.directory.users.access.finding import locked_user
from portal.directory.users.access.login import WRONG_OWN, require_own_password
from portal.directory.users.access.origin import Origin
from portal.directory.users.access.passwords import check_password_of, set_password
from portal.directory.users.models import SiteSession
from portal.directory.users.prepared import require_writable


def change_password(user: User, current: str, new: str, *, row: SiteSession, by: Origin) -> None:
    """Ends all sessions but this one. Raises Invalid for a wrong current password or one that is
    easy to guess, TooMany, Unavailable."""
    require_writable()
    user_id, session_id = user.id, row.id
    check_password_of(user, new)
    verified = require_own_password(user, current, by)
    hashed = hash_password(new)
    with changing_directory():
        found = locked_user(user_id)
        if found.password_hash != verified:  # it was changed meanwhile
            raise Invalid(WRONG_OWN, field="current")
        set_password(found, hashed, now(), but=session_id)
        _renew(session_id)


def note_fresh_login(session_id: int) -> None:
    """The password was given again, so the login counts as new."""
    with changing_directory():
        _renew(session_id)


def _renew(session_id: int) -> None:
    query = update(SiteSession).where(SiteSession.id == session_id)
    db.session.execute(
        query.values(authenticated_at=now()).execution_options(synchronize_session=False)
    )
