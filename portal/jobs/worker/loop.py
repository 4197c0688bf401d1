"""The worker: one process that runs each operation in a child process and supervises it.

Two queues are consumed: `operations` one at a time, and `quick`, which does not wait for those.
"""

import fcntl
import logging
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from huey.consumer import Consumer
from sqlalchemy.exc import DBAPIError, OperationalError

from portal.core.configuration.settings import settings
from portal.core.errors import Conflict, Unavailable
from portal.core.storage.database import db
from portal.jobs.leases.holder import end_lease, take_lease
from portal.jobs.models import LeaseKind, Queue
from portal.jobs.operations.logs import remove_old_logs
from portal.jobs.operations.queries import waiting_operations
from portal.jobs.operations.recovery import (
    ask_again_about_unknown,
    end_never_begun,
    find_forgotten,
    read_and_release,
    reconcile_lost,
    settle,
    still_waits,
)
from portal.jobs.worker.children import PYTHON, Children
from portal.jobs.worker.each_second import run_ticks
from portal.jobs.worker.queue import carry_out_with, queue_named
from portal.jobs.worker.warm import WarmProcess

THREADS = {Queue.OPERATIONS: 1, Queue.QUICK: 2}
TICK_SECONDS = 1.0
POLL_SECONDS = 0.1
PATIENCE, INSISTENCE = 2.0, 1.0

log = logging.getLogger(__name__)


class QuietConsumer(Consumer):  # type: ignore[misc]
    """Huey's consumer without its signal handlers; the worker has its own."""

    def _set_signal_handlers(self) -> None:
        pass


def work(
    command: Sequence[str],
    in_context: Callable[[], AbstractContextManager[Any]],
    *,
    warm_module: str,
) -> None:
    """Run operations until a signal ends this process (SIGTERM, SIGINT, SIGHUP: within seconds).

    `command` is what `python -m` runs for one operation, given its id, and `warm_module` for the
    process that waits for the next; `in_context` creates the application context for a thread.
    Raises Conflict when another worker runs with the same data.
    """
    stopping = threading.Event()
    warm = WarmProcess([*PYTHON, warm_module], settings())
    children = Children(command, warm)
    _listen(stopping)
    with _alone():
        _require_ops()
        take_lease(LeaseKind.WORKER)
        warm.maintain()
        remove_old_logs()
        _tend(children)
        ask_again_about_unknown()
        carry_out_with(lambda operation_id: _carry_out(children, operation_id, in_context))
        consumers = [_consumer(queue, threads) for queue, threads in THREADS.items()]
        while not stopping.wait(TICK_SECONDS):
            _tend(children)
            warm.maintain()
            run_ticks()
        for consumer in consumers:
            consumer.stop_flag.set()
        warm.end()
        children.close(patience=PATIENCE, insistence=INSISTENCE)
        end_lease()


def _listen(stopping: threading.Event) -> None:
    """A closed terminal (SIGHUP) also ends the worker cleanly, unless it was started with nohup."""
    asks_to_end = {signal.SIGTERM, signal.SIGINT}
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        asks_to_end.add(signal.SIGHUP)
    for signum in asks_to_end:
        signal.signal(signum, lambda _number, _frame: stopping.set())
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # ignored, exit codes would be lost


def _carry_out(
    children: Children, operation_id: int, in_context: Callable[[], AbstractContextManager[Any]]
) -> None:
    """Runs in a consumer's thread. Operations not begun when the worker ends stay for the
    next one."""
    with in_context():
        exit_code = children.run(operation_id) if still_waits(operation_id) else None
        if exit_code is None:
            return
        try:
            settle(operation_id, exit_code)
        finally:
            children.forget(operation_id)


def _tend(children: Children) -> None:
    """Recover lost operations. An error of the ops database does not end the worker; it retries."""
    try:
        reconcile_lost(besides=children.ids())
        find_forgotten(besides=children.ids())
        end_never_begun()
    except OperationalError as error:
        log.warning("The control room's database does not answer: %s", error.orig)
        db.session.rollback()
    except Exception:
        log.exception("The worker could not look after lost operations")
        db.session.rollback()


def _require_ops() -> None:
    """Raises Unavailable if there is no ops database."""
    try:
        with read_and_release():
            waiting_operations()
    except DBAPIError as error:
        raise Unavailable(
            f"The control room's database can't be read ({error.orig}).",
            remedy="Run “flask portal setup” first.",
        ) from None


def _consumer(queue: Queue, threads: int) -> Any:
    consumer = QuietConsumer(
        queue_named(queue),
        workers=threads,
        periodic=False,
        initial_delay=POLL_SECONDS,
        backoff=1.0,
        max_delay=POLL_SECONDS,
        scheduler_interval=60,
    )
    consumer.start()
    return consumer


@contextmanager
def _alone() -> Iterator[None]:
    """Hold the lock that only one worker with the same data can have; the kernel releases it."""
    file = settings().data / "worker.lock"
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Conflict("Another worker already runs on these data.") from None
        yield
