"""Probes, the spans of time in which one was up or down, and their latest measurements."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.storage.database import OpsModel, UtcDateTime, word


class ProbeKind(StrEnum):
    HOME = "home"
    READY = "ready"
    DATABASE = "database"
    SCHEMA = "schema"
    BACKUP = "backup"
    STORE = "store"
    MAIL = "mail"
    DISK = "disk"
    CERTIFICATE = "certificate"
    MACHINE = "machine"


class ProbeState(StrEnum):
    UP = "up"
    DOWN = "down"
    UNKNOWN = "unknown"


class ProbeOutcome(StrEnum):
    """`inconclusive`: it failed, and so did the measurement of this machine itself."""

    PASSED = "passed"
    FAILED = "failed"
    INCONCLUSIVE = "inconclusive"


class Probe(OpsModel):
    """What is measured, how often, and what was found last.

    `key` is `kind` or `kind:target`. With a `public_name` it is shown on the status page. `streak`
    counts the last outcomes in a row that contradict `state`; `down_after` or `up_after` of them
    change it. `state` was true at `measured_at`; a page that shows it checks whether that is recent
    enough.
    """

    __tablename__ = "probes"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[ProbeKind] = mapped_column(word(ProbeKind))
    target: Mapped[str | None]
    public_name: Mapped[str | None]
    is_on: Mapped[bool] = mapped_column(default=True)
    interval_seconds: Mapped[int] = mapped_column(default=30)
    timeout_seconds: Mapped[int] = mapped_column(default=5)
    down_after: Mapped[int] = mapped_column(default=3)
    up_after: Mapped[int] = mapped_column(default=2)
    state: Mapped[ProbeState] = mapped_column(word(ProbeState), default=ProbeState.UNKNOWN)
    state_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    streak: Mapped[int] = mapped_column(default=0)
    measured_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    outcome: Mapped[ProbeOutcome | None] = mapped_column(word(ProbeOutcome))
    milliseconds: Mapped[int | None]
    sentence: Mapped[str | None]


class ProbeSpan(OpsModel):
    """A time in which a probe was up or down: measured without a gap from `began_at` to
    `until_at`. What lies between two spans is unknown.
    """

    __tablename__ = "probe_spans"
    __table_args__ = (Index("ix_probe_spans_probe_id_until_at", "probe_id", "until_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    probe_id: Mapped[int] = mapped_column(ForeignKey("probes.id"))
    state: Mapped[ProbeState] = mapped_column(word(ProbeState))
    began_at: Mapped[datetime] = mapped_column(UtcDateTime)
    until_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ProbeResult(OpsModel):
    """One measurement; kept for some days."""

    __tablename__ = "probe_results"
    __table_args__ = (Index("ix_probe_results_probe_id_at", "probe_id", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    probe_id: Mapped[int] = mapped_column(ForeignKey("probes.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    outcome: Mapped[ProbeOutcome] = mapped_column(word(ProbeOutcome))
    milliseconds: Mapped[int | None]
    sentence: Mapped[str]
