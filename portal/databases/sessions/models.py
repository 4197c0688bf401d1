"""Declarations of permanent sessions, such as a monitor's."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from portal.core.clock import now
from portal.core.storage.database import OpsModel, UtcDateTime


class KnownSession(OpsModel):
    """Sessions of this role on this target stop no change while they only read; until it is ended.

    By role, since any program can give itself a name.
    """

    __tablename__ = "known_sessions"

    id: Mapped[int] = mapped_column(primary_key=True)
    target: Mapped[str] = mapped_column(index=True)
    role: Mapped[str]
    reason: Mapped[str]
    declared_by: Mapped[str]
    declared_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    ended_by: Mapped[str | None]
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_because: Mapped[str | None]
