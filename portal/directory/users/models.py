"""Accounts of the site, in tables that an expand added beside `users`.

Rows refer to `users` alone. Tables whose name begins with `site_` are no content: no page of the
public shows their rows, and a sync leaves them behind.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.core.clock import now
from portal.core.storage.database import JsonDict, SiteModel, UtcDateTime, word
from portal.directory.models import NEVER_GIVEN_TWICE, User

UNSEEN = {"info": {"unseen": True}}
LIST_ID = {**NEVER_GIVEN_TWICE, **UNSEEN}

Uuid = Annotated[str, mapped_column(String(36), primary_key=True)]
At = Annotated[datetime, mapped_column(UtcDateTime)]
Address = Annotated[str, mapped_column(String(254))]
UserKey = Annotated[int, mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)]


class Purpose(StrEnum):
    RESET = "reset"
    OLD_ADDRESS = "old-address"
    NEW_ADDRESS = "new-address"


class SiteAccount(SiteModel):
    """What `users` has no column for. A user without a row has none of it."""

    __tablename__ = "site_accounts"
    __table_args__ = UNSEEN

    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    password_set_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    mail_ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Since when the person wants no messages but those about the account itself."""
    blocked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    blocked_because: Mapped[str | None] = mapped_column(String(300))
    deletion_due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When the account will be deleted, where its owner asked for that."""

    user: Mapped[User] = relationship()


class SiteSession(SiteModel):
    """A login. `token_hash` is the SHA-256 of the cookie's token."""

    __tablename__ = "site_sessions"
    __table_args__ = LIST_ID

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[UserKey]
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[At] = mapped_column(default=now)
    last_seen_at: Mapped[At] = mapped_column(default=now)
    authenticated_at: Mapped[At] = mapped_column(default=now)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    address: Mapped[str | None] = mapped_column(String(64))
    user_agent: Mapped[str | None] = mapped_column(String(300))

    user: Mapped[User] = relationship()


class SignUp(SiteModel):
    """An account that does not exist until its address is confirmed. Several may wait for one
    address; the first that is confirmed becomes the account."""

    __tablename__ = "site_signups"
    __table_args__ = UNSEEN

    id: Mapped[Uuid]
    email: Mapped[Address] = mapped_column(index=True)
    display_name: Mapped[str] = mapped_column(String(120))
    password_hash: Mapped[str] = mapped_column(String(255))
    created_at: Mapped[At] = mapped_column(default=now)
    expires_at: Mapped[At]
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class SiteLink(SiteModel):
    """A link that was sent by mail and can be used once. The row has no secret: the address of the
    link holds a code that is made from `id` with this site's key.

    A change of address has two, with one `change`: one for the old address and one for the new.
    """

    __tablename__ = "site_links"
    __table_args__ = UNSEEN

    id: Mapped[Uuid]
    user_id: Mapped[UserKey]
    purpose: Mapped[Purpose] = mapped_column(word(Purpose))
    email: Mapped[Address]
    """Where the link is sent."""
    change: Mapped[str | None] = mapped_column(String(36), index=True)
    created_at: Mapped[At] = mapped_column(default=now)
    expires_at: Mapped[At]
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class SiteLetter(SiteModel):
    """A message that the worker sends; the row is deleted when its delivery is settled in ops.

    `about` is the id of what its link is made from, such as a sign-up; `details` are the values of
    its text. It holds no link: that is made when it is sent.
    """

    __tablename__ = "site_letters"
    __table_args__ = UNSEEN

    id: Mapped[Uuid]
    kind: Mapped[str] = mapped_column(String(40))
    email: Mapped[Address]
    user_id: Mapped[int | None] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), index=True
    )
    about: Mapped[str | None] = mapped_column(String(36))
    details: Mapped[JsonDict] = mapped_column(JSON, default=dict)
    created_at: Mapped[At] = mapped_column(default=now)
    expires_at: Mapped[At]
    """After this it is not sent any more: its link has expired."""


class SiteEvent(SiteModel):
    """What happened to an account, written in the transaction of the change. The worker drains it
    into ops, where it outlives a restore; the id is unique there too."""

    __tablename__ = "site_events"
    __table_args__ = UNSEEN

    id: Mapped[Uuid]
    at: Mapped[At] = mapped_column(default=now, index=True)
    kind: Mapped[str] = mapped_column(String(40))
    user_id: Mapped[int | None]
    """No foreign key: the user may have been deleted by what the event says."""
    details: Mapped[JsonDict] = mapped_column(JSON, default=dict)
