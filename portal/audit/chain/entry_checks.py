"""Checks of one entry against the one before it. Each fault is one sentence."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple, NoReturn

from portal.audit.chain.canonical import LARGEST, canonical, moment, written
from portal.audit.chain.hashing import commitment, leaf_of, link

Kept = tuple[int, str, object, object]
"""A personal value: the entry's number, its field, salt and value."""

Record = dict[str, Any]

NOTHING = object()
"""Equal to nothing that a record can hold."""

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
).raw_decode


def records_of(texts: Sequence[object]) -> list[Record | None]:
    """The record of each text; None if the text is not the record's canonical form."""
    records = list(map(_parsed, texts))
    if None not in records and _are_canonical("[{}]".format(",".join(map(str, texts))), records):
        return records
    return [
        record if _is_canonical(text, record) else None
        for text, record in zip(texts, records, strict=True)
    ]


def fault_of(
    entry: Entry, record: Record | None, before: int, chain: str, personal: Sequence[Kept]
) -> str | None:
    """The fault of an entry that follows number `before` with the chain's value `chain`,
    or None. `record`: what its text says, if that is in canonical form."""
    seq, text, leaf, linked = entry[:4]
    if seq != before + 1:
        return _turn_fault(seq, before)
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


def _parsed(text: object) -> Record | None:
    """The record, if the text is one JSON object and nothing else."""
    if not isinstance(text, str):
        return None
    try:
        record, end = _read(text)
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) and end == len(text) else None


def _are_canonical(texts: str, records: Sequence[Record | None]) -> bool:
    """Whether all of these are; written at once, which is faster.

    No JSON object is the beginning of another one, so all are the same only if each of them is.
    """
    try:
        return texts.isascii() and written(records) == texts
    except (ValueError, RecursionError):
        return False


def _is_canonical(text: object, record: Record | None) -> bool:
    if record is None:
        return False
    try:
        return text == (written(record) if str(text).isascii() else canonical(record))
    except (ValueError, RecursionError):
        return False


def _index_fault(entry: Entry, record: Record) -> str | None:
    """The first index column that differs from the record."""
    said, actor = record.get, _mapping(record.get("actor"))
    expected = (
        said("at") or "",
        actor.get("id"),
        actor.get("role"),
        said("action"),
        said("outcome"),
        said("target"),
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


def _personal_fault(seq: int, record: Record, personal: Sequence[Kept]) -> str | None:
    """The first personal value that does not match its commitment. A missing one was erased."""
    promised = _mapping(record.get("personal"))
    for _, field, salt, value in personal:
        if promised.get(field) != _committed(salt, value):
            return f"The {field} kept beside entry {seq} is not the one it recorded."
    return None


def _committed(salt: object, value: object) -> object:
    """What no record holds, if the two are not of the types that are kept."""
    try:
        if isinstance(salt, bytes) and isinstance(value, str):
            return commitment(salt, value)
    except UnicodeEncodeError:
        pass  # bytes that are no text
    return NOTHING


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
