"""The worker: one process that runs each operation in a child process and supervises it.

Two queues are consumed: `operations` one at a time, and `quick`, which does not wait for those.
"""

import fcntl
import logging
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import Any

from huey.consumer import Consumer
from sqlalchemy.exc import DBAPIError

from portal.core.configuration.settings import settings
from portal.core.errors import Conflict
from portal.core.faults.alarm import alarm_about, speak
from portal.core.faults.places import ops_place
from portal.core.faults.sentences import fault_of
from portal.core.faults.unexpected import note_unexpected
from portal.core.files.private import make_folder, open_private
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
from portal.jobs.processes import is_readable
from portal.jobs.release import release_name, why_no_commit
from portal.jobs.worker.children import PYTHON, Children
from portal.jobs.worker.each_second import run_ticks
from portal.jobs.worker.health import note_round, watch_consumers
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
    speak()
    stopping = StopRequest()
    warm = WarmProcess([*PYTHON, warm_module], settings())
    children = Children(command, warm)
    _listen(stopping)
    with _alone():
        _require_ops()
        take_lease(LeaseKind.WORKER)
        log.info("Started: release %s, data in %s.", release_name(), settings().data)
        if unnamed := why_no_commit():
            log.warning("%s", unnamed)
        warm.maintain()
        remove_old_logs()
        _tend(children)
        ask_again_about_unknown()
        carry_out_with(
            lambda queue, operation_id: _carry_out(children, queue, operation_id, in_context)
        )
        consumers = [_consumer(queue, threads) for queue, threads in THREADS.items()]
        watch_consumers([partial(_consumes, each) for each in consumers])
        while not stopping.wait(TICK_SECONDS):
            _tend(children)
            warm.maintain()
            run_ticks()
        for consumer in consumers:
            consumer.stop_flag.set()
        warm.end()
        children.close(patience=PATIENCE, insistence=INSISTENCE)
        end_lease()
        log.info("Stopped.")


class StopRequest:
    """Made by a signal's handler, which interrupts the thread that waits for it: a lock could be
    held there, a pipe can't."""

    def __init__(self) -> None:
        self._reading, self._writing = os.pipe()

    def make(self, *_signal: object) -> None:
        os.write(self._writing, b".")

    def wait(self, seconds: float) -> bool:
        """Whether it was made, within this time."""
        return is_readable(self._reading, seconds)


def _listen(stopping: StopRequest) -> None:
    """A closed terminal (SIGHUP) also ends the worker cleanly, unless it was started with nohup."""
    asks_to_end = {signal.SIGTERM, signal.SIGINT}
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        asks_to_end.add(signal.SIGHUP)
    for signum in asks_to_end:
        signal.signal(signum, stopping.make)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # ignored, exit codes would be lost


def _carry_out(
    children: Children,
    queue: Queue,
    operation_id: int,
    in_context: Callable[[], AbstractContextManager[Any]],
) -> None:
    """Runs in a consumer's thread. Operations not begun when the worker ends stay for the
    next one, and what a lost ops database left is found when it answers again."""
    with in_context():
        try:
            _run_and_settle(children, queue, operation_id)
        except Exception as error:
            db.session.rollback()
            if alarm_about(error, settings(), about=ops_place(settings())) is None:
                raise


def _run_and_settle(children: Children, queue: Queue, operation_id: int) -> None:
    is_asked = still_waits(operation_id, in_queue=queue)
    exit_code = children.run(operation_id) if is_asked else None
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
    except Exception as error:
        is_fault = alarm_about(error, settings(), about=ops_place(settings())) is not None
        if not is_fault:
            log.exception("The worker could not look after lost operations")
        db.session.rollback()
        if not is_fault:
            note_unexpected(error, "worker: queue")
        note_round("queue", succeeded=False)
    else:
        note_round("queue", succeeded=True)


def _consumes(consumer: Any) -> bool:
    """Whether each thread of a queue still runs."""
    return all(thread.is_alive() for _, thread in consumer.worker_threads)


def _require_ops() -> None:
    """Raises Unavailable if there is no ops database."""
    try:
        with read_and_release():
            waiting_operations()
    except DBAPIError as error:
        raise fault_of(error, settings(), about=ops_place(settings())) or error from None


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
    make_folder(file.parent)
    with os.fdopen(open_private(file, os.O_WRONLY | os.O_APPEND), "a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Conflict("Another worker already runs on these data.") from None
        yield
