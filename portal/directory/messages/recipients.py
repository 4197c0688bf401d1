"""To whom a visitor may write: studios that are listed, whose owner takes messages."""

from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import Row, Table, func, select, true

from portal.core.errors import NotFound
from portal.core.storage.database import db
from portal.directory.folding import one_line
from portal.directory.models import StudioProfile, User
from portal.directory.owners.models import StudioDetails
from portal.directory.presentation import UNNAMED
from portal.directory.users.models import SiteAccount
from portal.directory.users.placeholder_addresses import is_placeholder_address
from portal.directory.users.prepared import is_moderation_prepared, is_prepared
from portal.directory.visibility import is_listed, number_in, slug_of

_accounts, _details = (cast(Table, model.__table__).c for model in (SiteAccount, StudioDetails))


@dataclass(frozen=True)
class Recipient:
    """What a visitor may know of whom they write to: no address."""

    number: int
    slug: str
    name: str
    host: str
    takes_messages: bool
    is_unclaimed: bool = False
    can_be_claimed: bool = False


@dataclass(frozen=True)
class Owner:
    """For the service alone: `wants_mail` unless the owner ended mails."""

    user_id: int
    email: str
    wants_mail: bool


def recipient_of(slug: str) -> Recipient:
    """By the number in the slug. Raises NotFound for a studio that is not listed."""
    return _found(slug)[0]


def recipient_and_owner(slug: str) -> tuple[Recipient, Owner]:
    """Raises NotFound for a studio that is not listed, or takes no messages."""
    recipient, owner = _found(slug)
    if not recipient.takes_messages or owner is None:
        raise NotFound("This studio takes no messages here. Nothing was sent.")
    return recipient, owner


def _found(slug: str) -> tuple[Recipient, Owner | None]:
    number = number_in(slug)
    row = None if number is None else _row(number)
    if row is None:
        raise NotFound(
            "There is no studio at this address.",
            remedy="It may have changed its name or closed. Search for it by its name or city.",
        )
    name = one_line(row.name) or UNNAMED
    takes, owner, is_unclaimed = False, None, is_placeholder_address(row.email)
    if hasattr(row, "takes_messages"):
        takes = bool(row.takes_messages) and row.blocked_at is None and not is_unclaimed
        owner = Owner(row.user_id, row.email, row.mail_ended_at is None)
    host = "" if is_unclaimed else one_line(row.display_name)
    claimable = is_unclaimed and is_moderation_prepared()
    slug = slug_of(row.name, row.id)
    return Recipient(row.id, slug, name, host, takes, is_unclaimed, claimable), owner


def _row(number: int) -> Row[*tuple[Any, ...]] | None:
    """Before the tables for accounts are there, no owner takes messages."""
    studio = (StudioProfile.id, StudioProfile.name, User.display_name, User.email)
    if not is_prepared():
        query = select(*studio).join(User, User.id == StudioProfile.user_id)
        return db.session.execute(_listed(query, number)).one_or_none()
    query = (
        select(
            *studio,
            *(StudioProfile.user_id, _accounts.mail_ended_at, _accounts.blocked_at),
            func.coalesce(_details.takes_messages, true()).label("takes_messages"),
        )
        .join(User, User.id == StudioProfile.user_id)
        .outerjoin(SiteAccount, SiteAccount.user_id == User.id)
        .outerjoin(StudioDetails, StudioDetails.user_id == User.id)
    )
    return db.session.execute(_listed(query, number)).one_or_none()


def _listed(query: Any, number: int) -> Any:
    return query.where(is_listed(), StudioProfile.id == number)
