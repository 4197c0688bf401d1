"""The log, its head, the erasable personal values, and counted refusals."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Index, LargeBinary, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.core.storage.database import OpsModel, UtcDateTime, word


class Outcome(StrEnum):
    INTENT = "intent"
    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"


class Personal(StrEnum):
    """The personal values of an event, stored separately from the log."""

    NAME = "name"
    ADDRESS = "address"
    SESSION = "session"


class AuditEntry(OpsModel):
    """One event. `canonical` is the record; the columns below `chain` are its index."""

    __tablename__ = "audit"
    # Includes `seq`, so that the newest entries of each value are read without sorting.
    __table_args__ = tuple(
        Index(f"ix_audit_{column}_seq", column, "seq")
        for column in ("at", "action", "outcome", "target", "actor_role")
    )

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    canonical: Mapped[str] = mapped_column(Text)
    leaf: Mapped[str] = mapped_column(String(64))
    chain: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor_id: Mapped[int | None]
    actor_role: Mapped[str] = mapped_column(String)
    action: Mapped[str] = mapped_column(String)
    outcome: Mapped[Outcome] = mapped_column(word(Outcome))
    target: Mapped[str | None] = mapped_column(String)

    personal: Mapped[list["AuditPersonal"]] = relationship(
        primaryjoin="foreign(AuditPersonal.seq) == AuditEntry.seq", viewonly=True
    )


class AuditHead(OpsModel):
    """One row: the number of entries and the chain's last value. Locking it locks the log."""

    __tablename__ = "audit_head"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, default=1)
    seq: Mapped[int]
    chain: Mapped[str] = mapped_column(String(64))


class AuditPersonal(OpsModel):
    """A personal value of an entry, with the salt of its commitment. Erasing it breaks no hash."""

    __tablename__ = "audit_personal"
    __table_args__ = (
        Index(
            "ix_audit_personal_name",
            "value",
            "seq",
            sqlite_where=text("field = 'name'"),
            postgresql_where=text("field = 'name'"),
        ),
    )

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    field: Mapped[Personal] = mapped_column(word(Personal), primary_key=True)
    salt: Mapped[bytes] = mapped_column(LargeBinary(16))
    value: Mapped[str] = mapped_column(Text)


class RefusalCount(OpsModel):
    """Refusals of visitors without a login, by minute and door, until the minute is over."""

    __tablename__ = "audit_refusal_counts"

    minute: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True)
    door: Mapped[str] = mapped_column(String, primary_key=True)
    count: Mapped[int]
