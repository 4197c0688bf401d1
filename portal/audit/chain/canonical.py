"""The canonical text of an event: RFC 8785 (JSON Canonicalization Scheme).

With ASCII keys, no floats, integers below 2^53 and no lone surrogates, Python's own `json.dumps`
with sorted keys and no spaces gives exactly that text.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime

LARGEST = 2**53 - 1

Plain = str | int | bool | None | list["Plain"] | dict[str, "Plain"]


written = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode
"""The canonical text of what is plain already."""


def canonical(value: object) -> str:
    """The canonical text. Raises ValueError for a key that is not ASCII."""
    return written(plain(value))


def plain(value: object) -> Plain:
    """The value, converted to types that canonical JSON supports.

    Other types become text instead of an error: an event must not fail because of its details.
    """
    if isinstance(value, str):
        return _whole(value)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return int(value) if abs(value) <= LARGEST else str(value)
    if isinstance(value, Mapping):
        return {_key(key): plain(item) for key, item in value.items()}
    return _list_or_text(value)


def _list_or_text(value: object) -> Plain:
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in (sorted(value) if isinstance(value, set) else value)]
    return moment(value) if isinstance(value, datetime) else _whole(str(value))


def moment(at: datetime) -> str:
    """UTC with microseconds, in fixed length: 2026-11-22T14:32:05.000123Z."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _key(key: object) -> str:
    text = str(key)
    if not text.isascii():
        raise ValueError(f"The key “{text}” of an audit entry is not ASCII.")
    return text


def _whole(text: str) -> str:
    """The text with each lone surrogate replaced by U+FFFD, as UTF-8 can't encode it."""
    return (
        str(text)
        if text.isascii()
        else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    )
