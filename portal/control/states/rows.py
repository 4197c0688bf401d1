"""What is exceptional in the control room's records, in one statement."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Select, Text, cast, literal, null, select, union_all

from portal.audit.models import AuditEntry, AuditPersonal
from portal.audit.reading.indexes import IS_NAME
from portal.core.storage.between_pages import cached_until_commit
from portal.core.storage.database import UtcDateTime, db
from portal.databases.changes.models import Plan, Ticket, TicketState
from portal.databases.policies.drift import in_force
from portal.databases.policies.models import Override
from portal.databases.policies.windows import coming_columns, is_coming, know_coming
from portal.databases.targets.config import targets
from portal.runbooks.models import Run, RunState


class Matter(StrEnum):
    READ_ONLY = "read-only"
    OVERRIDE = "override"
    DRIFT = "drift"
    RUN = "run"
    TICKET = "ticket"


@dataclass(frozen=True)
class Row:
    """`until`: after which it counts no longer; None without an end. `more`: of its kind."""

    matter: str
    number: int
    target: str
    who: str | None
    since: datetime
    until: datetime | None
    why: str | None
    more: str | None


WINDOW = "window"
Part = Select[*tuple[Any, ...]]
NEVER = cast(null(), UtcDateTime)


def exceptional() -> tuple[Part, ...]:
    """The parts of a statement; each row has the fields of `Row`, in their order."""
    return (_overrides(), _runs(), _tickets(), _drifts(), _windows())


def _windows() -> Part:
    """No state: pages about databases need them too, and read them along."""
    *columns, summary = coming_columns()
    text = cast(null(), Text)
    return select(literal(WINDOW), *columns, summary, text).where(is_coming())


def _overrides() -> Part:
    return select(
        *(literal(Matter.OVERRIDE.value), Override.id, Override.target, Override.given_by),
        *(Override.given_at, NEVER, Override.reason, cast(Override.kind, Text)),
    ).where(Override.used_by.is_(None), Override.target.in_([each.name for each in targets()]))


def _runs() -> Part:
    return select(
        *(literal(Matter.RUN.value), Run.id, Run.target, Run.driver_name),
        *(Run.started_at, NEVER, Run.title, cast(null(), Text)),
    ).where(Run.state == RunState.OPEN, Run.target.is_not(None))


def _tickets() -> Part:
    """Permissions that were prepared at the terminal: those of a run are shown by the run."""
    opened = (TicketState.OPEN, TicketState.CONFIRMED, TicketState.APPROVED)
    return (
        select(
            *(literal(Matter.TICKET.value), Ticket.id, Plan.target, Ticket.prepared_by),
            *(Ticket.prepared_at, Plan.expires_at, Ticket.number, Plan.to_revision),
        )
        .join(Plan, Plan.id == Ticket.plan_id)
        .where(Ticket.run.is_(None), Ticket.state.in_(opened))
        .where(Plan.used_at.is_(None), Plan.voided_because.is_(None))
    )


def _drifts() -> Part:
    """The last acceptance for each database, unless its schema was recorded since."""
    return (
        select(
            *(literal(Matter.DRIFT.value), AuditEntry.seq, AuditEntry.target, AuditPersonal.value),
            *(AuditEntry.at, NEVER, AuditEntry.canonical, AuditEntry.actor_role),
        )
        .outerjoin(AuditPersonal, (AuditPersonal.seq == AuditEntry.seq) & IS_NAME)
        .where(in_force())
    )


def exceptional_rows() -> list[Row]:
    found = _exceptional_rows()
    windows = [each for each in found if each.matter == WINDOW]
    know_coming((w.number, w.target, w.who, w.since, w.until, w.why) for w in windows)
    return found


@cached_until_commit()
def _exceptional_rows() -> list[Row]:
    return rows_of(exceptional())


def rows_of(parts: Sequence[Part]) -> list[Row]:
    """In one statement."""
    found = db.session.execute(union_all(*parts), bind_arguments={"mapper": Override})
    return [Row(*each) for each in found]
