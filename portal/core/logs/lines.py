"""The form of a log line: time, level, process, request or operation, target, logger, message.

As text, each line of a traceback has the same beginning, so that searching for an id finds all of
it, and no text of a client can look like a line of its own. As JSON, a record is one line.
"""

import json
import logging
import re
from datetime import UTC, datetime
from typing import Any

from portal.core.logs.labels import Labels, current_labels

CONTINUED = "  | "
NONE = "-"
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")


class TextLines(logging.Formatter):
    """`2026-11-30T10:41:07.123Z WARNING web/4711 request=8f0c2d… target=production portal.x: …`"""

    def format(self, record: logging.LogRecord) -> str:
        labels = _labels(record)
        about = f"request={labels.request}" if labels.request else NONE
        if labels.operation is not None:
            about = f"operation={labels.operation}"
        target = f"target={labels.target}" if labels.target else NONE
        parts = (_time(record), record.levelname, f"{labels.kind}/{labels.pid}", about, target)
        start = " ".join((*parts, f"{record.name}:"))
        text = "\n".join(filter(None, (_message(record), _trace(self, record))))
        first, *others = _visible(text).split("\n")
        return "\n".join([f"{start} {first}", *(f"{start}{CONTINUED}{each}" for each in others)])


class JsonLines(logging.Formatter):
    """One object a record; what is unknown is left out. An access line has its numbers too."""

    def format(self, record: logging.LogRecord) -> str:
        labels = _labels(record)
        told: dict[str, Any] = {
            "time": _time(record),
            "level": record.levelname,
            "process": labels.kind,
            "pid": labels.pid,
            "request": labels.request,
            "operation": labels.operation,
            "target": labels.target,
            "logger": record.name,
            "message": _message(record),
            "trace": _trace(self, record),
            **getattr(record, "fields", {}),
        }
        known = {key: value for key, value in told.items() if value is not None}
        return json.dumps(known, ensure_ascii=False, default=str).translate(_NO_SEPARATORS)


_NO_SEPARATORS = {number: f"\\u{number:04x}" for number in (0x85, 0x2028, 0x2029)}
"""Some readers take these characters for the end of a line."""


def _labels(record: logging.LogRecord) -> Labels:
    """Of the thread that logs; `extra={"request_id": …}` names another request."""
    labels = current_labels()
    named: str | None = getattr(record, "request_id", None)
    if named is None:
        return labels
    return Labels(labels.kind, labels.pid, named, labels.operation, labels.target)


def _time(record: logging.LogRecord) -> str:
    moment = datetime.fromtimestamp(record.created, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z"


def _message(record: logging.LogRecord) -> str:
    return record.getMessage() + getattr(record, "repeated", "")


def _trace(formatter: logging.Formatter, record: logging.LogRecord) -> str | None:
    if record.exc_info and not record.exc_text:
        record.exc_text = formatter.formatException(record.exc_info)
    return record.exc_text or None


def _visible(text: str) -> str:
    """Control characters are written out: a terminal must not obey what a client sent."""
    return _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), text)
