"""The child process of one operation."""

from portal.core.errors import Conflict
from portal.jobs.operations.queries import operation_for
from portal.jobs.operations.service import perform
from portal.jobs.processes import die_with_parent, parent_is


def execute_for(worker: int, operation_id: int) -> None:
    """Run an operation for a worker, and die with it.

    Raises Conflict if the worker died before `die_with_parent` took effect.
    """
    die_with_parent()
    if not parent_is(worker):
        raise Conflict("The worker that started this is gone.")
    perform(operation_for(operation_id), worker=worker)
