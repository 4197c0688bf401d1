"""Keeps in place what a running change relies on: maintenance, window, override, processes.

A change checks all of it before it begins and under the target's lock; if it were withdrawn
afterwards, the commit would not be covered by those checks.
"""

from sqlalchemy import select

from portal.core.errors import Conflict, Refusal
from portal.core.storage.database import db
from portal.jobs.models import Operation
from portal.jobs.operations.exclusion import at_work_on, in_words
from portal.runbooks.models import Run

RELIES = {"databases.migrate", "databases.restore", "databases.place", "databases.sync"}


def running_change(target: str | None) -> Operation | None:
    """The operation that changes the target now; None if its process is dead."""
    return next((each for each in at_work_on(target) if each.kind in RELIES), None)


def require_unheld(target: str | None, action: str, sentence: str) -> None:
    """Raises Conflict while a change of the target runs; `sentence` says what stays as it is."""
    operation = running_change(target)
    if operation is None:
        return
    raise Conflict(
        f"{sentence}: {_in_its_run(operation)}.",
        remedy="Wait until the change has ended, then try again; if its process is gone, the"
        " worker says so within seconds.",
        refusal=Refusal(action, target, {"operation": operation.id, "kind": operation.kind}),
    )


def _in_its_run(operation: Operation) -> str:
    query = select(Run.id).where(Run.uuid == operation.subject)
    number = db.session.scalar(query) if operation.subject else None
    return f"{f'run {number}, ' if number else ''}{in_words(operation)}"
