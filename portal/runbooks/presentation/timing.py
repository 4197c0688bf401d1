"""How long runs and steps took: the work, without the time in which they waited for people.

Work is the time from the request of an operation to its end. The rest is waiting: for a button, a
phrase, a consent. A step without operations is done by hand.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, func, select

from portal.core.clock import now
from portal.core.durations import duration
from portal.core.storage.database import db
from portal.jobs.models import Operation
from portal.runbooks.engine.queries import REMEMBERED, medians
from portal.runbooks.format.parse import Runbook
from portal.runbooks.models import Run, RunState, RunStep

Span = tuple[datetime, datetime]
SHORTEST = timedelta(seconds=1)
"""Less waiting than this is not mentioned."""


@dataclass(frozen=True)
class Took:
    """`work` is None if there was no operation. `is_consent`: then people were waited for, and did
    not work by hand."""

    work: timedelta | None
    waiting: timedelta
    is_consent: bool = False

    @property
    def sentence(self) -> str:
        if self.work is None:
            return f"{duration(self.waiting)} {'waiting' if self.is_consent else 'by hand'}"
        if self.waiting < SHORTEST:
            return f"{duration(self.work)} of work"
        return f"{duration(self.work)} of work, {duration(self.waiting)} waiting"

    @property
    def short(self) -> str:
        """The work alone; of a step by hand, how long it was due."""
        return duration(self.waiting if self.work is None else self.work)


def operations_of(run: Run) -> Sequence[Operation]:
    """All operations that the run asked for, also those that were tried in vain, in their order."""
    query = select(Operation).where(Operation.subject == run.uuid)
    return db.session.scalars(query.order_by(Operation.id)).all()


def has_actions(runbook: Runbook) -> bool:
    return any(step.action for step in runbook.all_steps)


def took_by_run(run: Run, operations: Iterable[Operation], *, is_by_hand: bool) -> Took:
    """Up to now, while it is open. `is_by_hand`: the runbook has no actions."""
    found = _took(run.started_at, run.finished_at or now(), spans_of(operations))
    return Took(found.work, found.waiting, not is_by_hand)


def took_by_step(
    row: RunStep, operations: Iterable[Operation], *, is_consent: bool = False
) -> Took | None:
    """None for a step that is not done, and for one that an earlier release did not time."""
    if row.due_at is None or row.completed_at is None:
        return None
    found = _took(row.due_at, row.completed_at, spans_of(operations))
    return Took(found.work, found.waiting, is_consent)


def took_by_runs(runs: Collection[Run]) -> dict[int, Took]:
    """By the runs' ids, in one query."""
    columns = Operation.subject, Operation.requested_at, Operation.finished_at
    query = select(*columns).where(Operation.subject.in_([run.uuid for run in runs]))
    spans: dict[str, list[Span]] = {}
    for subject, begun, ended in db.session.execute(query) if runs else ():
        spans.setdefault(str(subject), []).append((begun, ended or now()))
    return {
        run.id: _took(run.started_at, run.finished_at or now(), spans.get(run.uuid, []))
        for run in runs
    }


def usual_run_times(runbook_ids: Collection[str]) -> dict[str, timedelta]:
    """The median time of the latest finished runs of each of these runbooks: of their work; whole,
    of a runbook whose runs asked for no operation."""
    runs: dict[int, tuple[str, datetime, datetime, list[Span]]] = {}
    for run_id, key, begun, ended, *span in db.session.execute(_latest_done(runbook_ids)):
        run = runs.setdefault(run_id, (key, begun, ended or begun, []))
        if span[0]:
            run[3].append((span[0], span[1] or run[2]))
    found = [(key, _took(begun, ended, spans)) for key, begun, ended, spans in runs.values()]
    worked = {key for key, took in found if took.work is not None}
    counted = [each for each in found if each[0] not in worked or each[1].work is not None]
    return medians((key, took.waiting if took.work is None else took.work) for key, took in counted)


def _latest_done(
    runbook_ids: Collection[str],
) -> Select[int, str, datetime, datetime | None, datetime | None, datetime | None]:
    """A row for each operation of each run, and one for a run without any; the latest first."""
    rank = func.row_number().over(partition_by=Run.runbook_id, order_by=Run.id.desc())
    run = (
        select(Run.id, Run.runbook_id, Run.uuid, Run.started_at, Run.finished_at, rank.label("at"))
        .where(Run.runbook_id.in_(runbook_ids), Run.state == RunState.DONE)
        .subquery()
        .c
    )
    return (
        select(
            *(run.id, run.runbook_id, run.started_at, run.finished_at),
            *(Operation.requested_at, Operation.finished_at),
        )
        .outerjoin(Operation, Operation.subject == run.uuid)
        .where(run["at"] <= REMEMBERED)
        .order_by(run.id.desc())
    )


def spans_of(operations: Iterable[Operation]) -> list[Span]:
    return [(each.requested_at, each.finished_at or now()) for each in operations]


def _took(begun: datetime, ended: datetime, spans: Iterable[Span]) -> Took:
    inside = [(max(start, begun), min(end, ended)) for start, end in spans]
    whole = max(ended - begun, timedelta())
    merged = _merged([span for span in inside if span[0] < span[1]])
    if not merged:
        return Took(None, whole)
    work = sum((end - start for start, end in merged), timedelta())
    return Took(work, max(whole - work, timedelta()))


def _merged(spans: Iterable[Span]) -> list[Span]:
    """What overlaps is counted once."""
    found: list[Span] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found
