"""Plans of changes, and the tickets that permit them."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.core.clock import now
from portal.core.storage.database import OpsModel, UtcDateTime, word
from portal.databases.backups.models import Backup
from portal.jobs.leases.clocks import is_ahead


class Plan(OpsModel):
    """A change that was rehearsed and locked: what is approved is `seal`, a hash over all of it."""

    __tablename__ = "plans"

    id: Mapped[int] = mapped_column(primary_key=True)
    target: Mapped[str] = mapped_column(index=True)
    database_uuid: Mapped[str]
    from_revision: Mapped[str | None]
    to_revision: Mapped[str]
    revisions: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    statements: Mapped[list[str]] = mapped_column(JSON)
    schema_digest: Mapped[str]
    invariants: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    counts: Mapped[dict[str, Any]] = mapped_column(JSON)
    warnings: Mapped[list[str]] = mapped_column(JSON)
    rehearsal_seconds: Mapped[float]
    backup_id: Mapped[int] = mapped_column(ForeignKey("backups.id"))
    run: Mapped[str | None] = mapped_column(index=True)
    seal: Mapped[str] = mapped_column(index=True)
    way_back: Mapped[str]
    findings: Mapped[list[dict[str, Any]] | None] = mapped_column(JSON)
    schema_after: Mapped[str | None]
    objects: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    sealed_by: Mapped[str]
    sealed_by_id: Mapped[int | None]
    sealed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    voided_because: Mapped[str | None]

    backup: Mapped[Backup] = relationship()

    @property
    def is_open(self) -> bool:
        """Still to be carried out: not used, not voided, not expired, and not from the future."""
        is_its_day = not is_ahead(self.sealed_at) and now() < self.expires_at
        return is_its_day and not (self.used_at or self.voided_because)

    @property
    def contracts(self) -> bool:
        """Whether code from before this change stops working with it."""
        return any(each.get("phase", "contract") == "contract" for each in self.revisions)


class TicketState(StrEnum):
    OPEN = "open"
    CONFIRMED = "confirmed"
    APPROVED = "approved"
    USED = "used"
    VOID = "void"


class Ticket(OpsModel):
    """The permission to carry out one plan, once: the phrase, the second confirmation, the use."""

    __tablename__ = "tickets"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("plans.id"))
    seal: Mapped[str]
    state: Mapped[TicketState] = mapped_column(word(TicketState), default=TicketState.OPEN)
    run: Mapped[str | None] = mapped_column(index=True)
    prepared_by_id: Mapped[int | None]
    prepared_by: Mapped[str]
    prepared_at: Mapped[datetime] = mapped_column(UtcDateTime)
    objects_reason: Mapped[str | None] = mapped_column(Text)
    objects_reason_by_id: Mapped[int | None]
    objects_reason_by: Mapped[str | None]
    objects_reason_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    confirmed_by_id: Mapped[int | None]
    confirmed_by: Mapped[str | None]
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    approved_by_id: Mapped[int | None]
    approved_by: Mapped[str | None]
    approved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    outcome: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    voided_because: Mapped[str | None]
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)

    plan: Mapped[Plan] = relationship()
