"""Queries about changes: what is pending where, in its author's words, and which run is on it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, exists, select
from sqlalchemy.orm import aliased, contains_eager

from portal.accounts.models import Account, Role
from portal.core.clock import now
from portal.core.configuration.settings import ApprovalRule, settings
from portal.core.storage.database import JsonDict, db
from portal.databases.backups.models import Backup
from portal.databases.changes.models import Plan, Ticket, TicketState
from portal.databases.changes.plan import plan_of_run
from portal.databases.changes.ticket_requirements import why_not_second
from portal.databases.changes.tickets import ticket_of_run
from portal.databases.engines import engine_for
from portal.databases.migrations.revision import Revision
from portal.databases.policies.expand_contract import why_too_early
from portal.databases.policies.windows import why_outside
from portal.databases.status.overview import Overview, expected_overviews
from portal.jobs.models import Operation
from portal.jobs.operations.queries import RECENT, recent_operation
from portal.runbooks.engine.queries import open_runs
from portal.runbooks.models import Run, RunState

RUNBOOK = "migrate-production"
RESTORES = ("databases.restore", "databases.place")
"""Into a database, and where there is none."""
RECENT_OPERATIONS = 50


@dataclass(frozen=True)
class TargetChange:
    """A target with its pending changes, the run that is on it and its last operation."""

    overview: Overview
    waits: str | None
    run: Run | None
    operation: Operation | None

    @property
    def may_start(self) -> bool:
        busy = self.operation is not None and not self.operation.is_finished
        is_due = self.overview.fits and bool(self.pending) and not self.overview.drift
        return is_due and not busy and not self.waits

    @property
    def contracts(self) -> bool:
        return any(revision.contracts for revision in self.pending)

    @property
    def outside(self) -> str | None:
        """Why its open plan can't be carried out now: there is no window."""
        if self.plan is None:
            return None
        return why_outside(self.overview.target, self.plan.seal, ticket=_ticket_of(self.run))

    @property
    def plan(self) -> Plan | None:
        """The plan that its run is about to carry out."""
        plan = plan_of_run(self.run.uuid) if self.run else None
        return plan if plan and plan.is_open else None

    @property
    def pending(self) -> list[Revision]:
        return self.overview.pending


def target_changes() -> list[TargetChange]:
    """The changes of every expected target."""
    return [
        TargetChange(
            overview=overview,
            waits=_why_first_waits(overview, run := open_run(overview.target.name)),
            run=run,
            operation=recent_operation("databases.migrate", overview.target.name),
        )
        for overview in expected_overviews()
    ]


def _why_first_waits(overview: Overview, run: Run | None) -> str | None:
    """Why the next contract of a production target can't be carried out yet."""
    if not (overview.target.is_production and overview.fits and overview.pending):
        return None
    with engine_for(overview.target.url).reading() as connection:
        first, ticket = overview.pending[0], _ticket_of(run)
        return why_too_early(overview.target, first, connection, ticket=ticket)


def _ticket_of(run: Run | None) -> str | None:
    """The number of the ticket with which the run may still change its target."""
    ticket = ticket_of_run(run.uuid) if run else None
    return ticket.number if ticket and ticket.plan.is_open else None


def open_run(target: str) -> Run | None:
    """The open run of the migration runbook for this target."""
    runs = (run for run in open_runs() if run.runbook_id == RUNBOOK)
    return next((run for run in runs if run.target == target), None)


def operation_on(kinds: Sequence[str], backup: Backup) -> Operation | None:
    """The newest operation of these kinds for a backup, while it runs and shortly after."""
    query = select(Operation).where(Operation.kind.in_(kinds), Operation.target == backup.target)
    recent = db.session.scalars(query.order_by(Operation.id.desc()).limit(RECENT_OPERATIONS))
    for found in recent:
        if found.arguments.get("backup") == backup.name:
            is_old = found.finished_at and found.finished_at < now() - RECENT
            return None if is_old else found
    return None


def fresh_comparison(backup: Backup) -> JsonDict | None:
    """The rows that restoring this backup would lose, as found in the last minutes.

    None if the target was restored since: the comparison is out of date then.
    """
    found = operation_on(("databases.compare",), backup)
    if found is None or not found.is_done or found.result is None:
        return None
    since = (recent_operation(kind, backup.target) for kind in RESTORES)
    if any(each and each.is_done and each.id > found.id for each in since):
        return None
    tables = [{**each, "newest": _with_times(each["newest"])} for each in found.result["tables"]]
    return {**found.result, "tables": tables}


def _with_times(rows: list[JsonDict]) -> list[JsonDict]:
    return [{**row, "at": datetime.fromisoformat(row["at"])} for row in rows]


@dataclass(frozen=True)
class AskedApproval:
    """A second confirmation that another person waits for."""

    run_id: int
    title: str
    target: str
    asked_by: str
    asked_at: datetime
    expires_at: datetime

    @property
    def sentence(self) -> str:
        return f"{self.asked_by} asks you to approve “{self.title}” of {self.target}."


def approvals_asked_of(account: Account) -> list[AskedApproval]:
    """The second confirmations that others wait for this account to give, the oldest first.

    One statement; where a second person is required, one more to ask who took part in each.
    """
    if not account.is_admin or account.is_disabled:
        return []
    waiting = waiting_for_another(account.id, Ticket, Run.id, Run.title)
    query = waiting.options(contains_eager(Ticket.plan)).order_by(Ticket.confirmed_at)
    rows = db.session.execute(query).all()
    return [
        AskedApproval(
            run_id=run_id,
            title=title,
            target=ticket.plan.target,
            asked_by=ticket.confirmed_by or ticket.prepared_by,
            asked_at=ticket.confirmed_at,
            expires_at=ticket.plan.expires_at,
        )
        for ticket, run_id, title in rows
        if ticket.confirmed_at and ticket.plan.is_open and not why_not_second(ticket, account)
    ]


def waiting_for_another(account_id: int, *columns: Any) -> Select[*tuple[Any, ...]]:
    """These columns of the newest ticket of each open run, of its plan and its run, if it was
    confirmed by somebody who can't give the second confirmation, and not by this account.

    `approvals_asked_of` decides for one account; this may be part of a larger statement.
    """
    first, newer = aliased(Account), aliased(Ticket)
    query = (
        select(*columns)
        .select_from(Ticket)
        .join(Run, Run.uuid == Ticket.run)
        .join(Ticket.plan)
        .outerjoin(first, first.id == Ticket.confirmed_by_id)
        .where(Ticket.state == TicketState.CONFIRMED, Ticket.seal == Plan.seal)
        .where(Run.state == RunState.OPEN, Run.aborted_at.is_(None))
        .where(Ticket.confirmed_by_id.is_distinct_from(account_id), first.disabled_at.is_(None))
        .where(~exists().where(newer.run == Ticket.run, newer.id > Ticket.id))
    )
    if settings().production_approval is not ApprovalRule.SECOND_PERSON:
        query = query.where(first.role.is_distinct_from(Role.ADMIN))
    return query
