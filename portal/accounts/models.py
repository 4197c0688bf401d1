"""Accounts, clients' organisations and contacts, login sessions, and throttle marks."""

from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.core.clock import now
from portal.core.storage.database import OpsModel, UtcDateTime, word

IDLE_LIMIT = timedelta(hours=8)
ABSOLUTE_LIMIT = timedelta(days=7)
NO_ZONE, UTC_ITSELF = "UTC", "Etc/UTC"


class Role(StrEnum):
    ADMIN = "admin"
    OPS = "ops"
    CLIENT = "client"


STAFF = (Role.OPS, Role.ADMIN)


class Reading(StrEnum):
    """Which client reports an organisation reads: also those that name no client, or only those
    that name it."""

    ALL = "all"
    NAMED = "named"


class Realm(StrEnum):
    """Login realms: staff and clients in ops, site users in the directory."""

    STAFF = "staff"
    SITE = "site"


class Account(OpsModel):
    """A person of the control room or the client area. Implements `portal.audit.actor.Actor`.

    `time_zone` is “UTC” until one is chosen, and pages then follow the browser; an explicit choice
    of UTC is stored as “Etc/UTC”.
    """

    __tablename__ = "accounts"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    role: Mapped[Role] = mapped_column(word(Role))
    password_hash: Mapped[str]
    time_zone: Mapped[str] = mapped_column(default=NO_ZONE)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    password_changed_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    disabled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    password_handed_over_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    first_steps_dismissed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    sessions: Mapped[list["LoginSession"]] = relationship(back_populates="account")
    contact: Mapped["Contact | None"] = relationship(back_populates="account")

    @property
    def is_disabled(self) -> bool:
        return self.disabled_at is not None

    @property
    def must_change_password(self) -> bool:
        """Whether another person knows the password, so that it must be changed first."""
        return self.password_handed_over_at is not None

    @property
    def is_shut_out(self) -> bool:
        """Whether login is denied: disabled, or the login of an archived contact."""
        if self.is_disabled or self.is_staff:
            return self.is_disabled
        return self.contact is not None and self.contact.is_archived

    @property
    def chosen_zone(self) -> str | None:
        if self.time_zone == NO_ZONE:
            return None
        return "UTC" if self.time_zone == UTC_ITSELF else self.time_zone

    @property
    def is_staff(self) -> bool:
        return self.role in STAFF

    @property
    def is_admin(self) -> bool:
        return self.role is Role.ADMIN


class Organisation(OpsModel):
    """A client: an organisation that pays for the site. Reports use `slug` (`clients: [acme]`)."""

    __tablename__ = "organisations"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    reading: Mapped[Reading] = mapped_column(word(Reading), default=Reading.ALL)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    archived_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    contacts: Mapped[list["Contact"]] = relationship(
        back_populates="organisation", order_by="Contact.name, Contact.id"
    )

    @property
    def is_archived(self) -> bool:
        return self.archived_at is not None


class Contact(OpsModel):
    """A person of a client. `salutation` follows “Hi” in messages; the login is optional."""

    __tablename__ = "contacts"
    __table_args__ = (UniqueConstraint("organisation_id", "email"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"), unique=True)
    name: Mapped[str]
    email: Mapped[str]
    salutation: Mapped[str]
    time_zone: Mapped[str] = mapped_column(default="UTC")
    gets_messages: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    archived_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    organisation: Mapped[Organisation] = relationship(back_populates="contacts")
    account: Mapped[Account | None] = relationship(back_populates="contact")

    @property
    def is_archived(self) -> bool:
        """Archived individually or with the organisation."""
        return self.archived_at is not None or self.organisation.is_archived

    @property
    def is_active(self) -> bool:
        """Whether this person receives messages and may read: not archived, and no login
        disabled."""
        return not self.is_archived and not (self.account and self.account.is_disabled)


class LoginSession(OpsModel):
    """One login on one device. The browser has the token, the row only its hash.

    `database_uuid` identifies the directory of a site user; staff and clients have none.
    """

    __tablename__ = "login_sessions"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    realm: Mapped[Realm] = mapped_column(word(Realm), default=Realm.STAFF)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    database_uuid: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    last_seen_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    authenticated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    address: Mapped[str | None]
    user_agent: Mapped[str | None]

    account: Mapped[Account] = relationship(back_populates="sessions")

    @property
    def ends_at(self) -> datetime:
        """When it expires without further activity."""
        return min(self.last_seen_at + IDLE_LIMIT, self.created_at + ABSOLUTE_LIMIT)

    @property
    def is_live(self) -> bool:
        return self.ended_at is None and now() < self.ends_at and not self.account.is_shut_out


class ThrottleMark(OpsModel):
    """How much of its allowance one throttled key (an account, an address, all) has used.

    `used_until` is ahead of the clock by one interval for each attempt.
    """

    __tablename__ = "throttle_marks"

    key: Mapped[str] = mapped_column(primary_key=True)
    used_until: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
