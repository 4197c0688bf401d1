"""By which code a revision came into a database."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    String,
)
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.clock import now
from portal.core.storage.database import OpsModel, UtcDateTime, word


class Noted(StrEnum):
    """How the code of an applied revision came on record: as it ran, by a later look, or by an
    admin who took an edited file for what ran."""

    APPLIED = "applied"
    FIRST_SEEN = "first-seen"
    ACCEPTED = "accepted"


class AppliedRevision(OpsModel):
    """The code by which a revision came into a database, as a digest; see `applied`.

    `ended_at`: since when it stands there no more, or by other code.
    """

    __tablename__ = "applied_revisions"

    id: Mapped[int] = mapped_column(primary_key=True)
    database_uuid: Mapped[str] = mapped_column(index=True)
    revision: Mapped[str]
    code: Mapped[str] = mapped_column(String(64))
    noted: Mapped[Noted] = mapped_column(word(Noted))
    noted_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
