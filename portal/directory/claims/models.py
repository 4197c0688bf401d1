"""Where imported studios come from, claims to them, and what staff ended of a studio."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.clock import now
from portal.core.storage.database import JsonDict, ModerationModel, UtcDateTime, word
from portal.directory.users.models import UNSEEN, At, UserKey, Uuid


class Origin(ModerationModel):
    """An imported studio. `user_id` is its placeholder: the studio belongs to it until a claim is
    granted. `key`: by which the same row of another import is known. `email`: the studio's known
    address, not confirmed by anybody. `fingerprint`: of the values that were imported last."""

    __tablename__ = "site_origins"
    __table_args__ = UNSEEN

    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    studio_number: Mapped[int] = mapped_column(unique=True)
    key: Mapped[str] = mapped_column(String(300), unique=True)
    email: Mapped[str | None] = mapped_column(String(254), index=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    batch_id: Mapped[str | None] = mapped_column(String(36), index=True)
    imported_at: Mapped[At] = mapped_column(default=now)


class ClaimState(StrEnum):
    """SENT: waits for the link in the email to the studio's known address; WAITING: for staff."""

    SENT = "sent"
    WAITING = "waiting"
    GRANTED = "granted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    UNDONE = "undone"


class Claim(ModerationModel):
    """`open_studio` is the studio's number while the claim is SENT, WAITING or GRANTED, and empty
    afterwards: the unique key decides between two claims at once. `former_user_id`: whom the
    studio belonged to before, for the way back until `undo_until`."""

    __tablename__ = "site_claims"
    __table_args__ = UNSEEN

    id: Mapped[Uuid]
    user_id: Mapped[UserKey]
    studio_number: Mapped[int] = mapped_column(index=True)
    open_studio: Mapped[int | None] = mapped_column(unique=True)
    state: Mapped[ClaimState] = mapped_column(word(ClaimState), index=True)
    message: Mapped[str | None] = mapped_column(Text)
    """What the person says to staff."""
    created_at: Mapped[At] = mapped_column(default=now)
    expires_at: Mapped[At]
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by: Mapped[str | None] = mapped_column(String(120))
    because: Mapped[str | None] = mapped_column(String(300))
    former_user_id: Mapped[int | None]
    undo_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    former: Mapped[JsonDict] = mapped_column(JSON, default=dict)
    """What else the way back needs, such as a draft that made room."""


class StudioRestriction(ModerationModel):
    """What staff ended of a person's studio. A deleted one is in no page but staff's, and is kept
    with its reviews; `former` has the status and visibility to return to."""

    __tablename__ = "site_restrictions"
    __table_args__ = UNSEEN

    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    hidden_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    because: Mapped[str | None] = mapped_column(String(500))
    former: Mapped[JsonDict] = mapped_column(JSON, default=dict)
