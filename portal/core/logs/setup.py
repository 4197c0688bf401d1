"""Sets up the log of a long-running process: one form for all loggers, on standard error.

Commands have none: what they say is for the person at the terminal.
"""

import logging
import sys
import threading
import time
from enum import StrEnum
from types import TracebackType
from typing import Any

from portal.core.logs.labels import current_labels, name_process
from portal.core.logs.lines import JsonLines, TextLines
from portal.core.logs.records import keep_secrets_out_of_logs

REPEAT_SECONDS = 60.0
QUIET = ("alembic", "asyncio", "huey", "sqlalchemy", "werkzeug")
log = logging.getLogger(__name__)


class LogFormat(StrEnum):
    TEXT = "text"
    JSON = "json"


class LogHandler(logging.StreamHandler[Any]):
    """Writes to the present standard error, also after it was redirected."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> Any:
        return sys.stderr

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 — logging's name
        """A line that can't be formed, or written, never ends what it was about."""
        error = sys.exc_info()[0]
        kind = error.__name__ if error else "unknown"
        if error and issubclass(error, OSError):
            return  # standard error is closed or full
        again = logging.LogRecord(
            record.name, logging.ERROR, record.pathname, record.lineno,
            "A line at %s:%s can't be formed (%s).", (record.pathname, record.lineno, kind), None,
        )  # fmt: skip
        self.stream.write(self.format(again) + self.terminator)


class Sentence(logging.Formatter):
    """For the person at a terminal: what happened, without where in the code."""

    def format(self, record: logging.LogRecord) -> str:
        return record.getMessage()


def log_as_sentences() -> None:
    """For commands, which set up no log: warnings are a line on standard error, no traceback."""
    if logging.lastResort is not None:
        logging.lastResort.setFormatter(Sentence())


class Repeats(logging.Filter):
    """Drops what was logged within the last minute, and counts it in the next such line.

    Only what belongs to no request and no operation: each of those has its own lines.
    """

    def __init__(self, seconds: float = REPEAT_SECONDS) -> None:
        super().__init__()
        self._seconds = seconds
        self._lock = threading.Lock()
        self._seen: dict[tuple[str, str], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        labels = current_labels()
        if record.levelno < logging.WARNING or labels.request or labels.operation is not None:
            return True
        key, at = (record.name, record.getMessage()), time.monotonic()
        with self._lock:
            since, count = self._seen.get(key, (float("-inf"), 0))
            if at - since < self._seconds:
                self._seen[key] = since, count + 1
                return False
            self._forget(at)
            self._seen[key] = at, 0
        if count:
            record.repeated = f" ({count} times more since {at - since:.0f} s ago)"
        return True

    def _forget(self, at: float) -> None:
        """What was not repeated; the others wait for their next line."""
        for key, (since, count) in list(self._seen.items()):
            if at - since >= self._seconds and not count:
                del self._seen[key]
        if len(self._seen) > 1000:
            self._seen.clear()


def formatter(form: LogFormat) -> logging.Formatter:
    return JsonLines() if form is LogFormat.JSON else TextLines()


def set_up_logs(kind: str, form: LogFormat, *, target: str | None = None) -> None:
    """`kind`: web, worker, operation, gunicorn. Called again, as after a fork, it replaces what it
    set up."""
    keep_secrets_out_of_logs()
    name_process(kind, target=target)
    handler = LogHandler()
    handler.setFormatter(formatter(form))
    handler.addFilter(Repeats())
    root = logging.getLogger()
    for each in [each for each in root.handlers if isinstance(each, LogHandler)]:
        root.removeHandler(each)
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    logging.getLogger("portal").setLevel(logging.INFO)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.captureWarnings(True)
    sys.excepthook = _uncaught
    threading.excepthook = _uncaught_in_thread
    sys.unraisablehook = _unraisable


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    log.critical("This process ends by an unexpected error.", exc_info=(kind, error, trace))


def _uncaught_in_thread(told: threading.ExceptHookArgs) -> None:
    if told.exc_value is None or isinstance(told.exc_value, SystemExit):
        return
    name = told.thread.name if told.thread else "unknown"
    log.error("The thread “%s” ended by an unexpected error.", name, exc_info=told.exc_value)


def _unraisable(told: "sys.UnraisableHookArgs") -> None:
    if told.exc_value:
        log.error("An error could not be raised: %s", told.err_msg or "", exc_info=told.exc_value)
