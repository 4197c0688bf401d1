"""Keeps secrets out of logs: addresses that grant access."""

import logging
import re
import traceback
from typing import Any

#: Everybody who has such an address has access, so a log contains only its beginning.
_KEYS = re.compile(r"((?:/|%2F)client(?:/|%2F)links(?:/|%2F))[^\s/\"'<>()\[\],;?#&]+", re.I)
HIDDEN = r"\1…"

_make = logging.getLogRecordFactory()


def keep_keys_out_of_logs() -> None:
    """Applies to every logger of this process: the site's, the server's, the libraries'."""
    logging.setLogRecordFactory(_record)


def without_keys(text: str) -> str:
    return _KEYS.sub(HIDDEN, text)


def _record(*args: Any, **kwargs: Any) -> logging.LogRecord:
    record = _make(*args, **kwargs)
    try:
        message = record.getMessage()
    except (TypeError, ValueError):  # the logging call itself reports it
        return record
    if (shown := without_keys(message)) != message:
        record.msg, record.args = shown, None
    if record.exc_info:
        _quote_without_keys(record)
    return record


def _quote_without_keys(record: logging.LogRecord) -> None:
    """A traceback contains the exception's message; formatters use `exc_text` if it is set."""
    text = "".join(traceback.format_exception(*record.exc_info)) if record.exc_info else ""
    if (shown := without_keys(text)) != text:
        record.exc_text = shown.rstrip("\n")
        record.exc_info = None
