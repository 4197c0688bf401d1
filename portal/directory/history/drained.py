"""In ops: the events of staff's changes that are in the audit log, by their ids."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.clock import now
from portal.core.storage.database import OpsModel, UtcDateTime


class StudioEnding(StrEnum):
    """The kinds of events by which staff take a studio out of sight, or bring it back: what they
    took away since a backup is taken away again in a restore."""

    HIDDEN = "studio-hidden"
    DELETED = "studio-deleted"
    SHOWN = "studio-shown"


ENDS_STUDIO = frozenset(StudioEnding)


class DrainedEvent(OpsModel):
    """Committed with its entry of the audit log: a second entry of the same event can't be.

    `ending` and what follows it are there where a restore needs them: a value of `StudioEnding`
    (text, since a later release may add one), whose studio it was, and when that happened.
    `user_created_at` is that of the row in `users`: a restored database may give the same number
    to somebody else.
    """

    __tablename__ = "drained_events"

    uuid: Mapped[str] = mapped_column(String(36), primary_key=True)
    database_uuid: Mapped[str] = mapped_column(String(36), index=True)
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ending: Mapped[str | None] = mapped_column(String(40))
    user_id: Mapped[int | None]
    user_created_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    studio_number: Mapped[int | None]
