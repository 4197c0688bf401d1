"""Announced windows, and overrides given by an admin."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy.orm import Mapped, mapped_column

from portal.core.clock import now
from portal.core.storage.database import OpsModel, UtcDateTime, word


class Window(OpsModel):
    """An announced time in which a target may be changed; a withdrawn one never counts."""

    __tablename__ = "windows"

    id: Mapped[int] = mapped_column(primary_key=True)
    target: Mapped[str] = mapped_column(index=True)
    summary: Mapped[str]
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    announced_by: Mapped[str]
    announced_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    withdrawn_by: Mapped[str | None]
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @property
    def is_open(self) -> bool:
        return self.withdrawn_at is None and self.starts_at <= now() < self.ends_at

    @property
    def is_over(self) -> bool:
        return self.withdrawn_at is not None or self.ends_at <= now()


class OverrideKind(StrEnum):
    SOAK = "soak"
    WINDOW = "window"


class Override(OpsModel):
    """An admin's decision to skip one rule, once, with the reason.

    `subject`: the revision whose soak time is skipped, or the hash of the plan that needs no
    window. `used_by`: the ticket of the one change that used it, whatever its outcome, or why it no
    longer counts.
    """

    __tablename__ = "overrides"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[OverrideKind] = mapped_column(word(OverrideKind))
    target: Mapped[str] = mapped_column(index=True)
    subject: Mapped[str]
    reason: Mapped[str]
    given_by: Mapped[str]
    given_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    used_by: Mapped[str | None]
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
