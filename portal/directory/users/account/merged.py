"""Accounts that staff merged into another one: disabled, and deleted with the one that was kept."""

from sqlalchemy import select

from portal.core.storage.database import db
from portal.directory.history.models import Change
from portal.directory.users.models import SiteAccount
from portal.directory.users.prepared import is_moderation_prepared

MERGED, PARTED = "people.merged", "people.parted"
BECAUSE = "It was merged with your other account. Log in with the address of that one."
"""What the person reads who logs in to the account that is not kept."""


def merged_into(user_id: int) -> list[int]:
    """Within `changing_directory`. The numbers of the accounts that are merged into this one, also
    by way of another, and were neither taken back nor enabled since."""
    found: list[int] = []
    left = [user_id] if is_moderation_prepared() else []
    while left:
        kept = left.pop()
        new = [each for each in _merged_with(kept) if each not in {user_id, *found}]
        some = [each for each in new if _into(each) == kept and _is_closed(each)]
        found += some
        left += some
    return found


def _merged_with(kept: int) -> list[int]:
    query = select(Change.after).where(Change.user_id == kept, Change.action == MERGED)
    numbers = {after.get("merged with") for after in db.session.scalars(query)}
    return sorted(each for each in numbers if isinstance(each, int))


def _into(number: int) -> int | None:
    """By the last merge of that account that was not taken back."""
    query = select(Change).where(Change.user_id == number, Change.action.in_((MERGED, PARTED)))
    about = [
        each
        for each in db.session.scalars(query.order_by(Change.at))
        if {"merged into"} & {*each.before, *each.after}
    ]
    return about[-1].after.get("merged into") if about else None


def _is_closed(number: int) -> bool:
    account = db.session.get(SiteAccount, number, populate_existing=True)
    return account is not None and bool(account.blocked_at) and account.blocked_because == BECAUSE
