"""What must not stand in a log: addresses that are keys."""

import logging
import re
import traceback
from typing import Any

#: Whoever has one of these addresses may open what it leads to, so a log has only its beginning.
_KEYS = re.compile(r"((?:/|%2F)client(?:/|%2F)links(?:/|%2F))[^\s/\"'<>()\[\],;?#&]+", re.I)
HIDDEN = r"\1…"

_make = logging.getLogRecordFactory()


def keep_keys_out_of_logs() -> None:
    """For every logger of this process: the site's, the server's, the libraries'."""
    logging.setLogRecordFactory(_record)


def without_keys(text: str) -> str:
    return _KEYS.sub(HIDDEN, text)


def _record(*args: Any, **kwargs: Any) -> logging.LogRecord:
    record = _make(*args, **kwargs)
    try:
        said = record.getMessage()
    except (TypeError, ValueError):  # whoever writes the line says so
        return record
    if (shown := without_keys(said)) != said:
        record.msg, record.args = shown, None
    if record.exc_info:
        _quote_without_keys(record)
    return record


def _quote_without_keys(record: logging.LogRecord) -> None:
    """A traceback quotes what the exception says; formatters take `exc_text` where it is set."""
    said = "".join(traceback.format_exception(*record.exc_info)) if record.exc_info else ""
    if (shown := without_keys(said)) != said:
        record.exc_text = shown.rstrip("\n")
        record.exc_info = None
