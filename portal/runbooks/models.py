"""Runs: the source a run follows, its steps, and its events."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import uuid4

from sqlalchemy import JSON, ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.core.clock import now
from portal.core.storage.database import OpsModel, UtcDateTime, word
from portal.runbooks.format.steps import Part


class RunState(StrEnum):
    OPEN = "open"
    DONE = "done"
    ABORTED = "aborted"


class StepState(StrEnum):
    """`closed`: a Rollback step before a rollback, or a step not reached when the run ended."""

    WAITING = "waiting"
    DONE = "done"
    SKIPPED = "skipped"
    CLOSED = "closed"


class Run(OpsModel):
    """`version` grows with each change; a request with an older version is outdated."""

    __tablename__ = "runs"

    id: Mapped[int] = mapped_column(primary_key=True)
    uuid: Mapped[str] = mapped_column(unique=True, default=lambda: str(uuid4()))
    runbook_id: Mapped[str] = mapped_column(index=True)
    title: Mapped[str]
    source: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str]
    inputs: Mapped[dict[str, str]] = mapped_column(JSON)
    target: Mapped[str | None] = mapped_column(index=True)
    state: Mapped[RunState] = mapped_column(word(RunState), default=RunState.OPEN, index=True)
    version: Mapped[int] = mapped_column(default=1)
    driver_id: Mapped[int | None]
    driver_name: Mapped[str]
    started_by: Mapped[str]
    started_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now, index=True)
    aborted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    abort_reason: Mapped[str | None] = mapped_column(Text)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    rows: Mapped[list["RunStep"]] = relationship(
        back_populates="run", order_by="RunStep.position", cascade="all, delete-orphan"
    )
    events: Mapped[list["RunEvent"]] = relationship(
        back_populates="run", order_by="RunEvent.id", cascade="all, delete-orphan"
    )

    @property
    def number(self) -> int:
        """How people refer to it: run 12."""
        return self.id

    @property
    def about(self) -> str | None:
        """The database that its actions change, else the one whose site it names."""
        return self.target or self.inputs.get("site") or None

    @property
    def is_open(self) -> bool:
        return self.state is RunState.OPEN

    @property
    def is_rolling_back(self) -> bool:
        return self.is_open and self.aborted_at is not None

    @property
    def part(self) -> Part:
        return Part.ROLLBACK if self.aborted_at else Part.STEPS

    @property
    def due_row(self) -> "RunStep | None":
        """The step that is due."""
        if not self.is_open:
            return None
        waiting = [r for r in self.rows if r.part is self.part and r.state is StepState.WAITING]
        return min(waiting, key=lambda row: row.position, default=None)

    def row(self, step_id: str) -> "RunStep | None":
        return next((row for row in self.rows if row.step_id == step_id), None)


class RunStep(OpsModel):
    """One step of one run. `ticks` maps a task's number to who ticked it, and when.

    `operation_id` is the latest operation of its action. `confirmation_used` voids the typed
    phrase, which is valid for one action.
    """

    __tablename__ = "run_steps"
    __table_args__ = (UniqueConstraint("run_id", "step_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("runs.id"), index=True)
    step_id: Mapped[str]
    title: Mapped[str]
    part: Mapped[Part] = mapped_column(word(Part))
    position: Mapped[int]
    state: Mapped[StepState] = mapped_column(word(StepState), default=StepState.WAITING)
    ticks: Mapped[dict[str, dict[str, Any]]] = mapped_column(JSON, default=dict)
    note: Mapped[str] = mapped_column(Text, default="")
    evidence: Mapped[str] = mapped_column(Text, default="")
    confirmed_text: Mapped[str | None]
    confirmed_by_id: Mapped[int | None]
    confirmed_by: Mapped[str | None]
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    confirmation_used: Mapped[bool] = mapped_column(default=False)
    operation_id: Mapped[int | None] = mapped_column(index=True)
    skipped_because: Mapped[str | None]
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    completed_by: Mapped[str | None]
    completed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    run: Mapped[Run] = relationship(back_populates="rows")

    @property
    def is_due(self) -> bool:
        return self.run.due_row is self


class RunEvent(OpsModel):
    """An event of a run; the audit log records it too, in the same transaction."""

    __tablename__ = "run_events"

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("runs.id"), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    who: Mapped[str]
    who_id: Mapped[int | None]
    action: Mapped[str]
    step_id: Mapped[str | None]
    text: Mapped[str] = mapped_column(Text, default="")

    run: Mapped[Run] = relationship(back_populates="events")
