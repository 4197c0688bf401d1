"""The code with which each revision was applied to a database."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.clock import now
from portal.core.storage.database import OpsModel, UtcDateTime, word


class Noted(StrEnum):
    """How the code of an applied revision was recorded: as it ran, when it was first seen, or by an
    admin who accepted an edited file.
    """

    APPLIED = "applied"
    FIRST_SEEN = "first-seen"
    ACCEPTED = "accepted"


class AppliedRevision(OpsModel):
    """The code with which a revision was applied to a database, as a digest; see `applied`.

    `ended_at`: when it was reverted, or replaced by other code.
    """

    __tablename__ = "applied_revisions"

    id: Mapped[int] = mapped_column(primary_key=True)
    database_uuid: Mapped[str] = mapped_column(index=True)
    revision: Mapped[str]
    code: Mapped[str] = mapped_column(String(64))
    noted: Mapped[Noted] = mapped_column(word(Noted))
    noted_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
