"""The rows of a person: by address, and locked for a change."""

from sqlalchemy import case, func, select

from portal.core.errors import LoginNeeded
from portal.core.storage.database import db
from portal.directory.models import User
from portal.directory.users.models import SiteAccount
from portal.directory.users.placeholder_addresses import is_placeholder_address


def user_with(email: str) -> User | None:
    """By address without regard to case. Of rows that differ by case alone, which older releases
    allowed, the one that was typed. A placeholder is found by no address."""
    typed, folded = email.strip(), email.strip().casefold()
    if is_placeholder_address(typed):
        typed = folded = ""
    query = select(User).where(func.lower(User.email) == folded)
    rank = case((User.email == typed, 0), (User.email == folded, 1), else_=2)
    return db.session.scalar(query.order_by(rank, User.id).limit(1))


def locked_user(user_id: int) -> User:
    """Read again, and locked until the transaction ends, so that changes of one account take turns.
    Within `changing_directory`. Raises LoginNeeded if the account was deleted meanwhile."""
    query = select(User).where(User.id == user_id).with_for_update()
    user = db.session.scalar(query.execution_options(populate_existing=True))
    if user is None:
        raise LoginNeeded("This account does not exist any more.")
    return user


def account_of(user: User) -> SiteAccount:
    """Its row, which is added if there is none. Within `changing_directory`, with the user
    locked."""
    row = db.session.get(SiteAccount, user.id, populate_existing=True)
    if row is None:
        row = SiteAccount(user_id=user.id)
        db.session.add(row)
    return row
