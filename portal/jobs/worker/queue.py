"""The queue: huey with a SQLite file of its own. It carries only ids of rows in ops.

Huey forgets a task when it hands it out, so the queue is never authoritative about an operation.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from portal.core.configuration.settings import settings
from portal.core.files.private import create_private, make_folder
from portal.jobs.models import Queue

CONSUMED = (Queue.OPERATIONS, Queue.QUICK)
Execute = Callable[[Queue, int], None]

_open: dict[tuple[int, Path, Queue], tuple[Any, Any]] = {}
_carry_out: dict[str, Execute] = {}


def queue_named(queue: Queue) -> Any:
    """One queue; each process opens its own connections, also after a fork."""
    return _opened(queue)[0]


def enqueue(queue: Queue, operation_id: int) -> None:
    """Enqueue an operation's id. Duplicates do no harm: it is run once."""
    _opened(queue)[1](operation_id)


def enqueued(queue: Queue) -> set[int]:
    """The ids that are waiting in a queue."""
    return {int(task.args[0]) for task in queue_named(queue).pending()}


def carry_out_with(do: Execute) -> None:
    """In the worker: register the function that is called with each queue and id."""
    _carry_out["do"] = do


def task_for(queue: Queue) -> Callable[[int], None]:
    """The one task of a queue's messages."""

    def execute(operation_id: int) -> None:
        _carry_out["do"](queue, operation_id)

    execute.__module__ = "portal.jobs.queue"  # with `execute` the task's name: must never change
    return execute


def _opened(queue: Queue) -> tuple[Any, Any]:
    from portal.jobs.worker.messages import JsonSerializer, QueueFile  # noqa: PLC0415 — loads huey

    file = settings().data / "jobs.sqlite3"
    key = (os.getpid(), file, queue)
    if key not in _open:
        make_folder(file.parent)
        with suppress(FileExistsError):
            os.close(create_private(file))
        huey = QueueFile(
            queue.value, filename=str(file), results=False, serializer=JsonSerializer()
        )
        _open[key] = (huey, huey.task()(task_for(queue)))
    return _open[key]
