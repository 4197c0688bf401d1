"""Logs of an operation's process: its output, and tracebacks of unexpected errors."""

from datetime import timedelta
from os import O_APPEND, O_CREAT, O_WRONLY
from os import open as open_descriptor
from pathlib import Path

from portal.core.clock import now
from portal.core.configuration.settings import settings

KEEP = timedelta(days=30)


def log_file(operation_id: int) -> Path:
    folder = settings().data / "logs"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"operation-{operation_id}.log"


def open_log(operation_id: int) -> int:
    """A file descriptor for appending; mode 0600, since it may quote data."""
    return open_descriptor(log_file(operation_id), O_WRONLY | O_CREAT | O_APPEND, 0o600)


def write_log(operation_id: int, text: str) -> None:
    with open(open_log(operation_id), "a", encoding="utf-8") as file:
        file.write(text)


def remove_old_logs() -> None:
    oldest = (now() - KEEP).timestamp()
    for file in (settings().data / "logs").glob("operation-*.log"):
        if file.stat().st_mtime < oldest:
            file.unlink(missing_ok=True)
