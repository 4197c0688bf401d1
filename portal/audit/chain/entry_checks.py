"""Checks of one entry against the one before it. Each fault is one sentence."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple, NoReturn

from portal.audit.chain.canonical import LARGEST, canonical, moment
from portal.audit.chain.hashing import commitment, leaf_of, link

Kept = tuple[int, str, object, object]
"""A personal value: the entry's number, its field, salt and value."""


INDEX = ("time", "actor", "role", "action", "outcome", "target")


class Entry(NamedTuple):
    """The log's columns as stored in the database: on SQLite `at` is text."""

    seq: int
    canonical: object
    leaf: str
    chain: str
    at: object
    actor_id: int | None
    actor_role: str
    action: str
    outcome: str
    target: str | None


def _not_canonical(text: str) -> NoReturn:
    raise ValueError(f"{text} is not canonical.")


def _whole_number(text: str) -> int:
    return number if abs(number := int(text)) <= LARGEST else _not_canonical(text)


_read = json.JSONDecoder(
    parse_float=_not_canonical, parse_int=_whole_number, parse_constant=_not_canonical
).decode
_written = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode


def fault_of(entry: Entry, before: int, chain: str, personal: Sequence[Kept]) -> str | None:
    """The fault of an entry that follows number `before` with the chain's value `chain`,
    or None."""
    seq, text, leaf, linked = entry[:4]
    if seq != before + 1:
        return _turn_fault(seq, before)
    record = _parsed(text)
    if record is None or not isinstance(text, str):
        return f"Entry {seq} is not a record in canonical form: its text was changed."
    if record.get("seq") != seq:
        return f"Entry {seq} holds the record of entry {record.get('seq')}."
    if leaf_of(text) != leaf:
        return f"The record of entry {seq} was changed: its hash is not the one it was given."
    if not _continues(chain, leaf, linked):
        return chain_broken(seq, before)
    return _index_fault(entry, record) or _personal_fault(seq, record, personal)


def _turn_fault(seq: int, before: int) -> str:
    return f"Entry {before + 1} is missing." if seq > before else f"Entry {seq} is out of turn."


def _continues(chain: str, leaf: str, linked: str) -> bool:
    try:
        return link(chain, leaf) == linked
    except ValueError:
        return False  # the previous chain value is no hash


def chain_broken(seq: int, before: int) -> str:
    return f"Entry {seq} does not continue entry {before}: one of the two was replaced."


def _parsed(text: object) -> dict[str, Any] | None:
    """The record, if the text is its canonical form."""
    if not isinstance(text, str):
        return None
    try:
        record = _read(text)
        again = _written(record) if text.isascii() else canonical(record)
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) and again == text else None


def _index_fault(entry: Entry, record: dict[str, Any]) -> str | None:
    """The first index column that differs from the record."""
    actor = _mapping(record.get("actor"))
    expected = (
        record.get("at") or "",
        actor.get("id"),
        actor.get("role"),
        record.get("action"),
        record.get("outcome"),
        record.get("target"),
    )
    index = (_moment(entry[4]), *entry[5:])
    if index == expected:
        return None
    name = next(name for name, a, b in zip(INDEX, index, expected, strict=True) if a != b)
    return f"Entry {entry.seq} is listed with another {name} than it records."


def _moment(at: object) -> str | None:
    """The time in the format of records; SQLite stores it as text: 2026-11-22 14:32:05.000123."""
    if isinstance(at, datetime):
        return moment(at)
    return f"{at.replace(' ', 'T')}Z" if isinstance(at, str) else None


def _personal_fault(seq: int, record: dict[str, Any], personal: Sequence[Kept]) -> str | None:
    """The first personal value that does not match its commitment. A missing one was erased."""
    promised = _mapping(record.get("personal"))
    for _, field, salt, value in personal:
        if not (
            isinstance(salt, bytes)
            and isinstance(value, str)
            and promised.get(field) == commitment(salt, value)
        ):
            return f"The {field} kept beside entry {seq} is not the one it recorded."
    return None


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
