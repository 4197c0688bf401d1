"""Outages that probes saw, who is notified of them, and each notice."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.clock import now
from portal.core.storage.database import OpsModel, UtcDateTime, word


class NoticeKind(StrEnum):
    DOWN = "down"
    REMINDER = "reminder"
    LAST = "last"
    UP = "up"


class NoticeState(StrEnum):
    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Outage(OpsModel):
    """One cause, from the first failure until its probes are up; at most one is open for a cause.

    One that comes back soon after its end is opened again: `times_down` counts. `probes` are the
    keys of the probes that went down.
    """

    __tablename__ = "outages"
    __table_args__ = (
        Index(
            "uq_outages_open",
            "cause",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    cause: Mapped[str] = mapped_column(index=True)
    target: Mapped[str | None]
    sentence: Mapped[str]
    probes: Mapped[list[str]] = mapped_column(JSON, default=list)
    began_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    times_down: Mapped[int] = mapped_column(default=1)
    incident_id: Mapped[int | None] = mapped_column(index=True)
    notices: Mapped[int] = mapped_column(default=0)
    next_notice_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    acknowledged_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    acknowledged_by_id: Mapped[int | None]
    acknowledged_by: Mapped[str | None]


class NoticeAddress(OpsModel):
    """Where notices go: an address as Apprise writes it, sealed; `name` is what people see."""

    __tablename__ = "notice_addresses"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    is_on: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    created_by: Mapped[str]
    removed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    removed_by: Mapped[str | None]


class Notice(OpsModel):
    """One notice to one address, recorded before anything is contacted."""

    __tablename__ = "notices"
    __table_args__ = (UniqueConstraint("outage_id", "number", "address_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    outage_id: Mapped[int] = mapped_column(ForeignKey("outages.id"), index=True)
    address_id: Mapped[int] = mapped_column(ForeignKey("notice_addresses.id"), index=True)
    number: Mapped[int]
    kind: Mapped[NoticeKind] = mapped_column(word(NoticeKind))
    state: Mapped[NoticeState] = mapped_column(
        word(NoticeState), default=NoticeState.WAITING, index=True
    )
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    answer: Mapped[str | None] = mapped_column(Text)
