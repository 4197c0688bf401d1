"""In ops: what was ended on a site and must stay ended after a restore of its directory."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.clock import now
from portal.core.storage.database import OpsModel, UtcDateTime, word


class EndedKind(StrEnum):
    DELETED = "deleted"
    BLOCKED = "blocked"
    MAIL_ENDED = "mail-ended"
    PASSWORD_CHANGED = "password-changed"  # noqa: S105 — a kind of event


class EndedOnSite(OpsModel):
    """Drained from `site_events` by its id (`uuid`), once. `password_hash` is the new one.

    `user_created_at` is that of the row in `users`: after a restore the database may give the same
    number to somebody else.
    """

    __tablename__ = "ended_on_sites"

    id: Mapped[int] = mapped_column(primary_key=True)
    uuid: Mapped[str] = mapped_column(String(36), unique=True)
    database_uuid: Mapped[str] = mapped_column(String(36), index=True)
    kind: Mapped[EndedKind] = mapped_column(word(EndedKind))
    user_id: Mapped[int]
    user_created_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    password_hash: Mapped[str | None] = mapped_column(String(255))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)


class LetterSending(OpsModel):
    """The delivery of a `site_letters` row, by its id. Without an address: that stays in the
    directory.

    `next_attempt_at` is empty while an attempt is under way, and after the end. `host`, `process`
    and `lease` show whether the process of the last attempt is still alive. `doubts`: attempts
    whose end is unknown. `why_not`: the last obstacle.
    """

    __tablename__ = "letter_sendings"

    uuid: Mapped[str] = mapped_column(String(36), primary_key=True)
    database_uuid: Mapped[str] = mapped_column(String(36), index=True)
    kind: Mapped[str] = mapped_column(String(40))
    queued_at: Mapped[datetime] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(default=0)
    doubts: Mapped[int] = mapped_column(default=0)
    attempted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    next_attempt_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    is_sent: Mapped[bool] = mapped_column(default=False)
    why_not: Mapped[str | None] = mapped_column(String(300))
    host: Mapped[str | None] = mapped_column(String(255))
    process: Mapped[str | None] = mapped_column(String(255))
    lease: Mapped[str | None] = mapped_column(String(36))


class UnreferencedPicture(OpsModel):
    """A stored picture that no directory refers to, since when that is so. It is deleted when every
    kept backup is newer."""

    __tablename__ = "unreferenced_pictures"

    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    since: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
