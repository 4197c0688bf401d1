"""What the control room knows about databases: who they are, their backups, plans and tickets."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    false,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.core.clock import now
from portal.core.configuration.settings import Environment
from portal.core.storage.database import OpsModel, UtcDateTime, word
from portal.jobs.leases.clocks import is_ahead


class ControlRoom(OpsModel):
    """This control room itself: one row. Its key signs the identities of its databases.

    `uuid` is its id for good, also when the row comes back from a backup; `title`: where and when
    it was set up, for people.
    """

    __tablename__ = "control_room"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, default=1)
    uuid: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str | None]
    is_demo: Mapped[bool] = mapped_column(default=False)
    identity_key: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)


class RegisteredTarget(OpsModel):
    """A database that this control room knows, by its own identity and not by its URL.

    `lease_place`: the number of the place beside it where leases stand, once everybody who lives
    has written there. `taken_by`: the stamp of another control room that was told already.
    """

    __tablename__ = "registered_targets"

    name: Mapped[str] = mapped_column(primary_key=True)
    application: Mapped[str]
    environment: Mapped[Environment] = mapped_column(word(Environment))
    database_uuid: Mapped[str] = mapped_column(unique=True)
    anchor: Mapped[dict[str, Any]] = mapped_column(JSON)
    address: Mapped[str]
    is_demo: Mapped[bool] = mapped_column(default=False)
    registered_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    revision: Mapped[str | None]
    schema_digest: Mapped[str | None]
    schema_objects: Mapped[dict[str, str] | None] = mapped_column(JSON)
    maintenance_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    maintenance_by: Mapped[str | None]
    maintenance_because: Mapped[str | None]
    maintenance_operation: Mapped[str | None]
    lease_place: Mapped[str | None]
    taken_by: Mapped[str | None]
    requires_window: Mapped[bool] = mapped_column(default=False, server_default=false())

    @property
    def is_in_maintenance(self) -> bool:
        return self.maintenance_since is not None


class Purpose(StrEnum):
    """What a backup was taken for. Retention always keeps the newest before a change."""

    ASKED = "asked"
    SCHEDULED = "scheduled"
    CHANGE = "before-change"
    RESTORE = "before-restore"


class Backup(OpsModel):
    """A copy of a database. It counts only when `proven_at` is set (it was restored and agreed) and
    `damage` is not: why its file was no longer whole when all of it was last read, at `checked_at`.

    `vouched` says of one that came from a manifest whether the backup key signed it.
    """

    __tablename__ = "backups"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    target: Mapped[str] = mapped_column(index=True)
    database_uuid: Mapped[str]
    revision: Mapped[str | None]
    file: Mapped[str]
    sha256: Mapped[str]
    size: Mapped[int]
    counts: Mapped[dict[str, int]] = mapped_column(JSON)
    content_digest: Mapped[str]
    reason: Mapped[str]
    run: Mapped[str | None] = mapped_column(index=True)
    taken_by: Mapped[str]
    taken_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seconds: Mapped[float]
    proven_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    purpose: Mapped[str | None]
    checkpoint: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    vouched: Mapped[bool | None]
    removed_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    removed_because: Mapped[str | None]
    checked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    damage: Mapped[str | None]

    copies: Mapped[list["BackupCopy"]] = relationship(back_populates="backup", lazy="selectin")

    @property
    def is_proven(self) -> bool:
        return self.proven_at is not None

    @property
    def is_usable(self) -> bool:
        """Verified, and not damaged when its file was last read."""
        return self.is_proven and self.damage is None

    @property
    def is_away(self) -> bool:
        """Whether a store off this machine holds a copy that was read back whole."""
        return any(copy.is_stored for copy in self.copies)

    @property
    def is_before_change(self) -> bool:
        """Those from before purposes were noted say it by the run that took them."""
        return self.purpose == Purpose.CHANGE or (self.purpose is None and self.run is not None)


class CopyState(StrEnum):
    STORED = "stored"
    FAILED = "failed"
    REMOVED = "removed"


class BackupCopy(OpsModel):
    """A sealed copy of a backup in a store off this machine, or the attempts to make it."""

    __tablename__ = "backup_copies"
    __table_args__ = (UniqueConstraint("backup_id", "store"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    backup_id: Mapped[int] = mapped_column(ForeignKey("backups.id"), index=True)
    store: Mapped[str]
    state: Mapped[CopyState] = mapped_column(word(CopyState))
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    stored_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    size: Mapped[int | None] = mapped_column(BigInteger)
    seconds: Mapped[float | None]
    why: Mapped[str | None] = mapped_column(Text)
    checked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    backup: Mapped[Backup] = relationship(back_populates="copies")

    @property
    def is_stored(self) -> bool:
        return self.state is CopyState.STORED


class Plan(OpsModel):
    """A change that was rehearsed and sealed: what is approved is `seal`, a hash over all of it."""

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
        """Still to be carried out: neither used, nor voided, nor past its day, nor before it."""
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
    """The permission for one plan, once: the phrase, the second confirmation, the use."""

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


class Window(OpsModel):
    """An announced time in which a target may be changed; withdrawn, it never counts."""

    __tablename__ = "windows"

    id: Mapped[int] = mapped_column(primary_key=True)
    target: Mapped[str] = mapped_column(index=True)
    summary: Mapped[str]
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    announced_by: Mapped[str]
    announced_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    withdrawn_by: Mapped[str | None]
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @property
    def is_open(self) -> bool:
        return self.withdrawn_at is None and self.starts_at <= now() < self.ends_at

    @property
    def is_over(self) -> bool:
        return self.withdrawn_at is not None or self.ends_at <= now()


class OverrideKind(StrEnum):
    SOAK = "soak"
    WINDOW = "window"


class Override(OpsModel):
    """An admin's decision to go ahead all the same, once, with the reason.

    `subject`: the revision whose soak time is cut short, or the seal of the plan that needs no
    window. `used_by`: the ticket of the one change that it counted for, whatever became of it, or
    why it counts no more.
    """

    __tablename__ = "overrides"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[OverrideKind] = mapped_column(word(OverrideKind))
    target: Mapped[str] = mapped_column(index=True)
    subject: Mapped[str]
    reason: Mapped[str]
    given_by: Mapped[str]
    given_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    used_by: Mapped[str | None]
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


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


class Sync(OpsModel):
    """What a sync is about to put in a target's place; `finished_at` says that it did.

    `name` and `content_digest` tell after a crash whether it was swapped in. `counts` holds rows
    by table as they were taken, `columns` what became of each column that was not kept, and
    `left_behind` names what the source has and its revisions don't make.
    """

    __tablename__ = "syncs"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    operation: Mapped[str] = mapped_column(index=True)
    source: Mapped[str]
    target: Mapped[str] = mapped_column(index=True)
    source_uuid: Mapped[str]
    database_uuid: Mapped[str]
    from_revision: Mapped[str | None]
    to_revision: Mapped[str | None]
    backup: Mapped[str]
    counts: Mapped[dict[str, int]] = mapped_column(JSON)
    columns: Mapped[dict[str, dict[str, str]]] = mapped_column(JSON)
    steps: Mapped[dict[str, float]] = mapped_column(JSON)
    left_behind: Mapped[list[str] | None] = mapped_column(JSON)
    content_digest: Mapped[str]
    asked_by: Mapped[str]
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @property
    def seconds(self) -> float | None:
        return (self.finished_at - self.started_at).total_seconds() if self.finished_at else None

    @property
    def rows(self) -> int:
        return sum(self.counts.values())
