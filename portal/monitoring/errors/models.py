"""Groups of unhandled errors, and the latest of each."""

from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.storage.database import OpsModel, UtcDateTime


class ErrorGroup(OpsModel):
    """The same error at the same place in one release. `place` is `file:function`."""

    __tablename__ = "error_groups"
    __table_args__ = (UniqueConstraint("release", "kind", "place"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    release: Mapped[str]
    kind: Mapped[str]
    place: Mapped[str]
    count: Mapped[int] = mapped_column(default=0)
    first_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class ErrorOccurrence(OpsModel):
    """One of the latest errors of a group. `where` is a route or an operation's kind."""

    __tablename__ = "error_occurrences"

    id: Mapped[int] = mapped_column(primary_key=True)
    group_id: Mapped[int] = mapped_column(ForeignKey("error_groups.id"), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    request_id: Mapped[str | None]
    where: Mapped[str | None]
