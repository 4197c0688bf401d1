"""Questions about changes: what is pending where, in its author's words, and who is on it."""

import inspect
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select

from portal.core.clock import now
from portal.core.database import db
from portal.databases.overview import Overview, expected_overviews
from portal.databases.revisions import Revision
from portal.jobs.models import Operation
from portal.runbooks.models import Run
from portal.runbooks.queries import open_runs

RUNBOOK = "migrate-production"
RECENT = timedelta(minutes=10)


@dataclass(frozen=True)
class Pending:
    """One revision that waits: what its author says of it, and whether there is a way back."""

    revision: Revision

    @property
    def words(self) -> list[str]:
        """The paragraphs of its docstring, without the title and Alembic's own lines."""
        text = inspect.cleandoc(self.revision.module.__doc__ or "")
        paragraphs = [" ".join(each.split()) for each in text.split("\n\n")]
        return [each for each in paragraphs[1:] if each and not each.startswith("Revision")]

    @property
    def contracts(self) -> bool:
        return self.revision.phase == "contract"

    @property
    def is_reversible(self) -> bool:
        """Whether its author wrote a way back; the rehearsal tries it."""
        source = inspect.getsource(self.revision.module.downgrade)
        return "NotImplementedError" not in source and not source.rstrip().endswith("pass")


@dataclass(frozen=True)
class TargetChange:
    """A target with what waits for it, the run that is on it and its last operation."""

    overview: Overview
    pending: list[Pending]
    run: Run | None
    operation: Operation | None

    @property
    def may_start(self) -> bool:
        busy = self.operation is not None and not self.operation.is_finished
        return self.overview.fits and bool(self.pending) and not busy


def target_changes() -> list[TargetChange]:
    """Of every target that ought to be there."""
    return [
        TargetChange(
            overview=overview,
            pending=[Pending(revision) for revision in overview.pending],
            run=open_run(overview.target.name),
            operation=recent_operation("databases.migrate", overview.target.name),
        )
        for overview in expected_overviews()
    ]


def open_run(target: str) -> Run | None:
    """The run of the migration runbook that is on this target."""
    runs = (run for run in open_runs() if run.runbook_id == RUNBOOK)
    return next((run for run in runs if run.target == target), None)


def recent_operation(kind: str, target: str | None = None) -> Operation | None:
    """The newest of its kind that no run shows, while it goes on and shortly after."""
    query = select(Operation).where(Operation.kind == kind, Operation.subject.is_(None))
    if target:
        query = query.where(Operation.target == target)
    found = db.session.scalar(query.order_by(Operation.id.desc()).limit(1))
    if found is None or (found.finished_at and found.finished_at < now() - RECENT):
        return None
    return found
