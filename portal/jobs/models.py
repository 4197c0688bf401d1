"""Operations, their output lines, and the leases of live processes."""

from datetime import datetime, timedelta
from enum import StrEnum
from uuid import uuid4

from sqlalchemy import JSON, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from portal.audit.actor import NamedActor
from portal.core.clock import now
from portal.core.storage.database import JsonDict, OpsModel, UtcDateTime, word

PATIENCE = timedelta(seconds=5)


class OperationState(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Queue(StrEnum):
    """Where an operation runs: `here` is the process that requested it."""

    OPERATIONS = "operations"
    QUICK = "quick"
    HERE = "here"


class LineKind(StrEnum):
    TEXT = "text"
    STEP = "step"
    STEP_DONE = "step-done"
    STEP_FAILED = "step-failed"


class LeaseKind(StrEnum):
    WEB = "web"
    WORKER = "worker"
    COMMAND = "command"


class Operation(OpsModel):
    """One piece of work. This row is authoritative; the queue only carries its id."""

    __tablename__ = "operations"
    __table_args__ = (Index("ix_operations_kind_finished_at", "kind", "finished_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    uuid: Mapped[str] = mapped_column(unique=True, default=lambda: str(uuid4()))
    kind: Mapped[str]
    title: Mapped[str]
    target: Mapped[str | None] = mapped_column(index=True)
    arguments: Mapped[JsonDict] = mapped_column(JSON, default=dict)
    subject: Mapped[str | None] = mapped_column(index=True)
    queue: Mapped[Queue] = mapped_column(word(Queue))
    state: Mapped[OperationState] = mapped_column(
        word(OperationState), default=OperationState.WAITING, index=True
    )
    is_stoppable: Mapped[bool] = mapped_column(default=False)
    requested_by_id: Mapped[int | None]
    requested_by_name: Mapped[str]
    requested_by_role: Mapped[str]
    requested_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    pid: Mapped[int | None]
    host: Mapped[str | None]
    process: Mapped[str | None]
    lease: Mapped[str | None]
    stop_requested_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    stop_requested_by: Mapped[str | None]
    outcome: Mapped[str | None]
    result: Mapped[JsonDict | None] = mapped_column(JSON)
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    label: Mapped[str] = mapped_column(default="")

    @property
    def requested_by(self) -> NamedActor:
        return NamedActor(
            id=self.requested_by_id, name=self.requested_by_name, role=self.requested_by_role
        )

    @property
    def is_finished(self) -> bool:
        return self.state not in {OperationState.WAITING, OperationState.RUNNING}

    @property
    def is_done(self) -> bool:
        return self.state is OperationState.DONE

    @property
    def has_waited(self) -> bool:
        """Whether it has waited longer than an idle worker would take to start it."""
        return self.state is OperationState.WAITING and now() - self.requested_at > PATIENCE

    @property
    def can_be_stopped(self) -> bool:
        """Also true for a waiting one: it has not begun, so it can still be withdrawn."""
        is_open = self.is_stoppable or self.state is OperationState.WAITING
        return is_open and not self.is_finished and self.stop_requested_at is None

    @property
    def seconds(self) -> float | None:
        """How long it took, or has been running."""
        if self.started_at is None:
            return None
        return ((self.finished_at or now()) - self.started_at).total_seconds()


class OperationLine(OpsModel):
    """One line of an operation's output. `seq` counts from 1 without gaps."""

    __tablename__ = "operation_lines"

    operation_id: Mapped[int] = mapped_column(ForeignKey("operations.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    kind: Mapped[LineKind] = mapped_column(word(LineKind))
    text: Mapped[str]
    seconds: Mapped[float | None]


class Lease(OpsModel):
    """A sign of life of one process: which directory it serves, and which revisions it supports.

    Each renewal increments `renewals`; that number, not a time, shows that it is alive. It is live
    until it ended: by its own process, by an admin, or by an observer (see `observing`).
    """

    __tablename__ = "leases"

    uuid: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[LeaseKind] = mapped_column(word(LeaseKind))
    environment: Mapped[str | None] = mapped_column(index=True)
    release: Mapped[str]
    serves: Mapped[list[str]] = mapped_column(JSON, default=list)
    host: Mapped[str]
    pid: Mapped[int]
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    renewed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    renewals: Mapped[int | None]
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    ended_by: Mapped[str | None]
    ended_because: Mapped[str | None]


class Schedule(OpsModel):
    """The last time of a schedule that was started, in `slot`."""

    __tablename__ = "schedules"

    name: Mapped[str] = mapped_column(primary_key=True)
    slot: Mapped[datetime] = mapped_column(UtcDateTime)
    begun_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
