"""The mails that wait in the directory, and the addresses that their links lead to."""

from sqlalchemy import select

from portal.core.storage.database import db
from portal.directory.users.letters import LetterKind
from portal.directory.users.links import link_code
from portal.directory.users.models import SiteLetter

ADDRESSES = {
    LetterKind.CONFIRM_SIGNUP: ("/signup/confirm/", "signup"),
    LetterKind.RESET_PASSWORD: ("/login/reset/", "reset"),
    LetterKind.CONFIRM_OLD_ADDRESS: ("/me/address/", "address"),
    LetterKind.CONFIRM_NEW_ADDRESS: ("/me/address/", "address"),
}


def mails() -> list[tuple[str, str]]:
    """Kind and address of each, oldest first."""
    return [(row.kind, row.email) for row in _rows()]


def link_to(email: str, kind: LetterKind) -> str:
    """The address in the newest such mail."""
    rows = [row for row in _rows() if (row.kind, row.email) == (kind, email)]
    assert rows, f"no {kind} to {email}: {mails()}"
    path, of = ADDRESSES[kind]
    assert rows[-1].about
    return path + link_code(of, rows[-1].about)


def _rows() -> list[SiteLetter]:
    db.session.rollback()
    query = select(SiteLetter).order_by(SiteLetter.created_at, SiteLetter.id)
    rows = list(db.session.scalars(query.execution_options(populate_existing=True)))
    return sorted(rows, key=lambda row: row.created_at)
