"""Restores as they are carried out, and what each did not let come back."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.clock import now
from portal.core.storage.database import OpsModel, UtcDateTime


class Restore(OpsModel):
    """One restore of a directory. `mark` is in the restored database, and in no other: after a
    crash it says whether this restore took place.

    `applied` and `missing` are what was ended since the backup and was ended again, and what could
    not be; both are known before the database is replaced. `finished_at` is empty while a restore
    runs or its end is unknown.
    """

    __tablename__ = "restores"

    id: Mapped[int] = mapped_column(primary_key=True)
    target: Mapped[str] = mapped_column(index=True)
    backup: Mapped[str]
    mark: Mapped[str]
    applied: Mapped[list[str]] = mapped_column(JSON, default=list)
    missing: Mapped[list[str]] = mapped_column(JSON, default=list)
    begun_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    is_done: Mapped[bool] = mapped_column(default=False)

    @property
    def sentences(self) -> list[str]:
        return [*self.applied, *self.missing]

    @property
    def details(self) -> dict[str, Any]:
        """For the audit log."""
        said = {"applied": self.applied, "missing": self.missing}
        return {key: " ".join(each) for key, each in said.items() if each}
