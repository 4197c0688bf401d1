"""Queries for runs."""

from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta
from statistics import median

from sqlalchemy import Select, func, select
from sqlalchemy.orm import defer, joinedload, selectinload

from portal.core.errors import NotFound
from portal.core.paging import Page, page_of_rows
from portal.core.storage.between_pages import cached_until_commit
from portal.core.storage.database import db
from portal.jobs.models import Operation, OperationState
from portal.jobs.operations.queries import ids_of_open
from portal.runbooks.models import Run, RunState, RunStep, StepState

_OF_STEP = (
    *(RunStep.run_id, RunStep.step_id, RunStep.title, RunStep.part, RunStep.position),
    *(RunStep.state, RunStep.operation_id),
)
_OPEN = (
    select(Run)
    .where(Run.state == RunState.OPEN)
    .order_by(Run.id.desc())
    .options(defer(Run.source))
    .options(joinedload(Run.rows).load_only(*_OF_STEP))
)
SHOWN = 50
REMEMBERED = 20


def run_with_id(run_id: int) -> Run:
    """Raises NotFound."""
    run = db.session.get(Run, run_id, options=[selectinload(Run.rows), selectinload(Run.events)])
    if run is None:
        raise NotFound("There is no such run.")
    return run


@cached_until_commit()
def open_runs() -> Sequence[Run]:
    """The open runs, latest first."""
    return db.session.scalars(_OPEN).unique().all()


def waiting_runs() -> list[Run]:
    """Open runs that wait for a person, not for an action."""
    rows = {run: run.due_row for run in open_runs()}
    busy = ids_of_open()
    return [run for run, row in rows.items() if row and row.operation_id not in busy]


def driven_by(account_id: int) -> list[Run]:
    """The open runs that an account leads; another person takes them over when it is disabled."""
    return [run for run in open_runs() if run.driver_id == account_id]


def page_of_open_runs(number: int) -> Page[Run]:
    """One page of the open runs, latest first."""
    return _page(select(Run).where(Run.state == RunState.OPEN), number)


def page_of_past_runs(number: int) -> Page[Run]:
    return _page(select(Run).where(Run.state != RunState.OPEN), number)


def _page(query: Select[Run], number: int) -> Page[Run]:
    query, options = query.order_by(Run.id.desc()), [selectinload(Run.rows)]
    return page_of_rows(db.session(), query, number=number, size=SHOWN, options=options)


def runs_of(runbook_id: str, limit: int = REMEMBERED) -> Sequence[Run]:
    """The runs of one runbook, latest first."""
    query = select(Run).where(Run.runbook_id == runbook_id).order_by(Run.id.desc()).limit(limit)
    return db.session.scalars(query).all()


def last_runs(runbook_ids: Collection[str]) -> dict[str, Run]:
    """The latest run of each of these runbooks."""
    latest = (
        select(func.max(Run.id)).where(Run.runbook_id.in_(runbook_ids)).group_by(Run.runbook_id)
    )
    runs = db.session.scalars(select(Run).where(Run.id.in_(latest)))
    return {run.runbook_id: run for run in runs}


def usual_action_times(runbook_id: str) -> dict[str, timedelta]:
    """By step, the median time of its action in the latest runs: people wait for nothing in it."""
    query = (
        select(RunStep.step_id, Operation.started_at, Operation.finished_at)
        .join(Run, RunStep.run_id == Run.id)
        .join(Operation, RunStep.operation_id == Operation.id)
        .where(Run.runbook_id == runbook_id, Operation.state == OperationState.DONE)
        .order_by(Run.id.desc())
        .limit(REMEMBERED * 20)
    )
    rows = db.session.execute(query)
    return medians((key, end - begin) for key, begin, end in rows if begin and end and begin <= end)


def medians(times: Iterable[tuple[str, timedelta]]) -> dict[str, timedelta]:
    """Of the first ones of each key."""
    found: dict[str, list[float]] = {}
    for key, each in times:
        found.setdefault(key, []).append(each.total_seconds())
    return {key: timedelta(seconds=median(all_[:REMEMBERED])) for key, all_ in found.items()}


def usual_duration(run: Run, step_id: str) -> timedelta | None:
    """The median time that the step took in earlier runs of this runbook: of its action, if it has
    one, so that the waiting for people does not count."""
    action = func.coalesce(Operation.requested_at, RunStep.due_at)
    query = (
        select(action, func.coalesce(Operation.finished_at, RunStep.completed_at))
        .select_from(RunStep)
        .join(Run)
        .outerjoin(Operation, Operation.id == RunStep.operation_id)
        .where(Run.runbook_id == run.runbook_id, Run.id < run.id, RunStep.step_id == step_id)
        .where(
            RunStep.state == StepState.DONE, RunStep.completed_at.is_not(None), action.is_not(None)
        )
        .order_by(Run.id.desc())
        .limit(REMEMBERED)
    )
    times = [(ended - begun).total_seconds() for begun, ended in db.session.execute(query)]
    return timedelta(seconds=median(times)) if times else None
