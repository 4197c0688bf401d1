"""The jobs of this release, by name."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from portal.core.errors import NotFound
from portal.core.storage.database import JsonDict
from portal.jobs.models import Operation, OperationState, Queue

if TYPE_CHECKING:
    from portal.jobs.operations.progress import Progress

Run = Callable[["Progress", Operation], JsonDict | None]
Truth = tuple[OperationState, str, JsonDict | None]
Reconcile = Callable[[Operation], Truth]


@dataclass(frozen=True)
class Job:
    """What an operation of one kind does.

    `reconcile` is called when its process died or an unexpected error stopped it, and returns
    whether it took effect. `stoppable` jobs call `Progress.check_alive` often, so that a person can
    stop them. Only one of the `exclusive` jobs runs on a target at a time; they, and those
    `of_this_release`, are not left to a worker with other code than the requester's.
    """

    name: str
    title: str
    queue: Queue
    run: Run
    reconcile: Reconcile | None
    stoppable: bool
    exclusive: bool
    of_this_release: bool = False


_jobs: dict[str, Job] = {}


def job(
    name: str,
    *,
    title: str,
    queue: str = Queue.OPERATIONS,
    reconcile: Reconcile | None = None,
    stoppable: bool = False,
    exclusive: bool = False,
    of_this_release: bool = False,
) -> Callable[[Run], Run]:
    """Register a function as the job `name`; it returns the operation's result."""

    def register(run: Run) -> Run:
        _jobs[name] = Job(
            name,
            title,
            Queue(queue),
            run,
            reconcile,
            stoppable,
            exclusive,
            of_this_release=of_this_release or exclusive,
        )
        return run

    return register


def job_named(name: str) -> Job:
    """Raises NotFound for an unknown job."""
    try:
        return _jobs[name]
    except KeyError:
        raise NotFound(f"This release knows no job called “{name}”.") from None


def title_of(name: str) -> str:
    """Its name for an unknown job."""
    return _jobs[name].title if name in _jobs else name


def is_exclusive(name: str) -> bool:
    """An unknown job may do anything, so it counts as exclusive."""
    return name not in _jobs or _jobs[name].exclusive


def knows_how_to_tell(name: str) -> bool:
    """Whether the job can tell if an interrupted operation took effect."""
    return name in _jobs and _jobs[name].reconcile is not None
