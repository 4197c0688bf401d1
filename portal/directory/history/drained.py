"""In ops: the events of staff's changes that are in the audit log, by their ids."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.clock import now
from portal.core.storage.database import OpsModel, UtcDateTime


class DrainedEvent(OpsModel):
    """Committed with its entry of the audit log: a second entry of the same event can't be."""

    __tablename__ = "drained_events"

    uuid: Mapped[str] = mapped_column(String(36), primary_key=True)
    database_uuid: Mapped[str] = mapped_column(String(36), index=True)
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
