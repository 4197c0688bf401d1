"""A new password: ends what the old one opened, and is noted so that a restore knows it."""

from datetime import datetime

from sqlalchemy import update

from portal.accounts.login.passwords import check_new_password
from portal.core.configuration.settings import settings
from portal.core.storage.database import db
from portal.directory.models import User
from portal.directory.users.access.finding import account_of
from portal.directory.users.events import note_event
from portal.directory.users.letters import LetterKind, queue_letter
from portal.directory.users.models import Purpose, SiteLink
from portal.directory.users.sessions import end_sessions


def check_password_of(user: User, password: str) -> None:
    """Raises Invalid, at the field `new`, for a password that is easy to guess."""
    own = [user.email, user.display_name, user.username, settings().site_name]
    check_new_password(password, own=own)


def set_password(user: User, password_hash: str, at: datetime, *, but: int | None = None) -> None:
    """Within `changing_directory`, with the user locked. Ends all sessions except `but`, and the
    links to a new password."""
    user.password_hash = password_hash
    account_of(user).password_set_at = at
    end_sessions(user.id, but=but)
    end_resets(user.id, at)
    note_event("password-changed", user.id, {"password_hash": password_hash})
    queue_letter(LetterKind.PASSWORD_CHANGED, user.email, user_id=user.id)


def end_resets(user_id: int, at: datetime) -> None:
    """Within `changing_directory`."""
    query = update(SiteLink).where(
        SiteLink.user_id == user_id, SiteLink.purpose == Purpose.RESET, SiteLink.used_at.is_(None)
    )
    db.session.execute(query.values(used_at=at).execution_options(synchronize_session=False))
