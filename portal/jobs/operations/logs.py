"""Logs of an operation's process: its output, and tracebacks of unexpected errors."""

import logging
from datetime import timedelta
from os import O_APPEND, O_WRONLY
from pathlib import Path

from portal.core.clock import now
from portal.core.configuration.settings import settings
from portal.core.files.private import make_folder, open_private
from portal.core.logs.labels import working_on
from portal.core.logs.setup import formatter
from portal.jobs.models import Operation

KEEP = timedelta(days=30)


def log_file(operation_id: int) -> Path:
    return make_folder(settings().data / "logs") / f"operation-{operation_id}.log"


def open_log(operation_id: int) -> int:
    """A file descriptor for appending."""
    return open_private(log_file(operation_id), O_WRONLY | O_APPEND)


def write_log(operation_id: int, text: str) -> None:
    with open(open_log(operation_id), "a", encoding="utf-8") as file:
        file.write(text)


def write_error(operation: Operation, error: BaseException) -> None:
    """An unexpected error with its traceback, as lines of the log."""
    name = __name__
    words = ("“%s” was stopped by an unexpected error.", (operation.title,))
    traced = (type(error), error, error.__traceback__)
    record = logging.getLogger(name).makeRecord(name, logging.ERROR, "", 0, *words, traced)
    with working_on(operation.id, operation.target):
        write_log(operation.id, f"{formatter(settings().log_format).format(record)}\n")


def remove_old_logs() -> None:
    """Also those of killed workers that nothing was written to. No operation runs at this time."""
    oldest = (now() - KEEP).timestamp()
    for file in (settings().data / "logs").glob("operation-*.log"):
        if file.stat().st_mtime < oldest or not file.stat().st_size:
            file.unlink(missing_ok=True)


def remove_if_empty(operation_id: int) -> None:
    """Called when its process has ended: most print nothing."""
    file = log_file(operation_id)
    if file.exists() and not file.stat().st_size:
        file.unlink(missing_ok=True)
