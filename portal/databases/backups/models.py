"""The catalogue of backups, and their copies in the store."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.core.storage.database import OpsModel, UtcDateTime, word


class Purpose(StrEnum):
    """Why a backup was taken. Retention always keeps the newest one from before a change."""

    ASKED = "asked"
    SCHEDULED = "scheduled"
    CHANGE = "before-change"
    RESTORE = "before-restore"


class Backup(OpsModel):
    """A copy of a database. It counts only if `proven_at` is set (it was restored and matched) and
    `damage` is not: why its file was damaged when it was last read completely, at `checked_at`.

    `vouched`: for a backup entered from a manifest, whether the backup key signed that manifest.
    """

    __tablename__ = "backups"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    target: Mapped[str] = mapped_column(index=True)
    database_uuid: Mapped[str]
    revision: Mapped[str | None]
    file: Mapped[str]
    sha256: Mapped[str]
    size: Mapped[int]
    counts: Mapped[dict[str, int]] = mapped_column(JSON)
    content_digest: Mapped[str]
    reason: Mapped[str]
    run: Mapped[str | None] = mapped_column(index=True)
    taken_by: Mapped[str]
    taken_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seconds: Mapped[float]
    proven_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    purpose: Mapped[str | None]
    checkpoint: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    vouched: Mapped[bool | None]
    removed_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    removed_because: Mapped[str | None]
    checked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    damage: Mapped[str | None]

    copies: Mapped[list["BackupCopy"]] = relationship(back_populates="backup", lazy="selectin")

    @property
    def is_proven(self) -> bool:
        return self.proven_at is not None

    @property
    def is_usable(self) -> bool:
        """Verified, and not damaged when its file was last read."""
        return self.is_proven and self.damage is None

    @property
    def is_away(self) -> bool:
        """Whether a store off this machine has a copy that was read back intact."""
        return any(copy.is_stored for copy in self.copies)

    @property
    def is_before_change(self) -> bool:
        """Backups from before purposes were recorded are identified by the run that took them."""
        return self.purpose == Purpose.CHANGE or (self.purpose is None and self.run is not None)


class CopyState(StrEnum):
    STORED = "stored"
    FAILED = "failed"
    REMOVED = "removed"


class BackupCopy(OpsModel):
    """An encrypted copy of a backup in a store off this machine, or the attempts to create it."""

    __tablename__ = "backup_copies"
    __table_args__ = (UniqueConstraint("backup_id", "store"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    backup_id: Mapped[int] = mapped_column(ForeignKey("backups.id"), index=True)
    store: Mapped[str]
    state: Mapped[CopyState] = mapped_column(word(CopyState))
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    stored_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    size: Mapped[int | None] = mapped_column(BigInteger)
    seconds: Mapped[float | None]
    why: Mapped[str | None] = mapped_column(Text)
    checked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    backup: Mapped[Backup] = relationship(back_populates="copies")

    @property
    def is_stored(self) -> bool:
        return self.state is CopyState.STORED
