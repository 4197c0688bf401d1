"""Every log record of this process, without addresses that grant access and without values of
statements."""

import logging
import re
from typing import Any

from portal.core.logs.errors import is_of_database, message_of, trace_of, without_values

#: Everybody who has such an address has access, so a log contains only its beginning.
_PLACES = r"client/links|signup/confirm|login/reset|me/address|unsubscribe"
_KEYS = re.compile(
    rf"((?:/|%2F)(?:{_PLACES.replace('/', '(?:/|%2F)')})(?:/|%2F))[^\s/\"'<>()\[\],;?#&]+", re.I
)
HIDDEN = r"\1…"
PARAMETERS = "[parameters: "

_make = logging.getLogRecordFactory()


def keep_secrets_out_of_logs() -> None:
    """Applies to every logger of this process: the site's, the server's, the libraries'."""
    logging.setLogRecordFactory(_record)


def without_keys(text: str) -> str:
    return _KEYS.sub(HIDDEN, text)


def _record(*args: Any, **kwargs: Any) -> logging.LogRecord:
    record = _make(*args, **kwargs)
    record.args = _quiet(record.args)
    try:
        message = record.getMessage()
    except (TypeError, ValueError):  # the logging call itself reports it
        return record
    if (shown := _shown(message)) != message:
        record.msg, record.args = shown, None
    if record.exc_info and record.exc_info[1]:
        # Formatters use `exc_text` if it is set.
        record.exc_text = without_keys(trace_of(record.exc_info[1]))
    return record


def _quiet(args: Any) -> Any:
    """The values of a line, with exceptions of databases replaced by what may be quoted of them."""
    if isinstance(args, tuple):
        return tuple(_quoted(each) for each in args)
    return args


def _quoted(value: object) -> object:
    if isinstance(value, BaseException) and is_of_database(value):
        return message_of(value)
    return value


def _shown(message: str) -> str:
    message = without_keys(message)
    return without_values(message) if PARAMETERS in message else message
