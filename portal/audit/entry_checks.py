"""What can be wrong with one entry, given the one before it. Each fault is one sentence."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NoReturn

from sqlalchemy import Row

from portal.audit.canonical import LARGEST, canonical, moment
from portal.audit.chain import commitment, leaf_of, link

Entry = Row[Any]
Beside = Sequence[Row[Any]]


def _not_canonical(text: str) -> NoReturn:
    raise ValueError(f"{text} is not canonical.")


def _whole_number(text: str) -> int:
    return number if abs(number := int(text)) <= LARGEST else _not_canonical(text)


_read = json.JSONDecoder(
    parse_float=_not_canonical, parse_int=_whole_number, parse_constant=_not_canonical
).decode
_written = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode


def fault_of(entry: Entry, before: int, chain: str, beside: Beside) -> str | None:
    """What is wrong with an entry that follows number `before` and the chain's value there.

    `entry` has the log's columns, `at` as the database keeps it; `beside`: its personal values.
    """
    said = _parsed(entry.canonical)
    return (
        _turn_fault(entry.seq, before)
        or _record_fault(entry, said)
        or _chain_fault(entry, before, chain)
        or _index_fault(entry, said or {})
        or _personal_fault(entry, said or {}, beside)
    )


def _turn_fault(seq: int, before: int) -> str | None:
    if seq == before + 1:
        return None
    return f"Entry {before + 1} is missing." if seq > before else f"Entry {seq} is out of turn."


def _record_fault(entry: Entry, said: dict[str, Any] | None) -> str | None:
    seq = entry.seq
    if said is None:
        return f"Entry {seq} is not a record in canonical form: its text was changed."
    if said.get("seq") != seq:
        return f"Entry {seq} holds the record of entry {said.get('seq')}."
    if leaf_of(entry.canonical) != entry.leaf:
        return f"The record of entry {seq} was changed: its hash is not the one it was given."
    return None


def _chain_fault(entry: Entry, before: int, chain: str) -> str | None:
    try:
        if link(chain, entry.leaf) == entry.chain:
            return None
    except ValueError:
        pass  # what stands before it is no hash
    return chain_broken(entry.seq, before)


def chain_broken(seq: int, before: int) -> str:
    return f"Entry {seq} does not continue entry {before}: one of the two was replaced."


def _parsed(text: object) -> dict[str, Any] | None:
    """The record, if this is the one text that stands for it."""
    if not isinstance(text, str):
        return None
    try:
        said = _read(text)
        again = _written(said) if text.isascii() else canonical(said)
    except (ValueError, RecursionError):
        return None
    return said if isinstance(said, dict) and again == text else None


def _index_fault(entry: Entry, said: dict[str, Any]) -> str | None:
    """The first index column that is not what the record says."""
    actor = _mapping(said.get("actor"))
    if (at := _moment(entry.at)) != said.get("at") or at is None:
        return _listed_otherwise(entry, "time")
    if entry.actor_id != actor.get("id"):
        return _listed_otherwise(entry, "actor")
    if entry.actor_role != actor.get("role"):
        return _listed_otherwise(entry, "role")
    for name in ("action", "outcome", "target"):
        if getattr(entry, name) != said.get(name):
            return _listed_otherwise(entry, name)
    return None


def _listed_otherwise(entry: Entry, name: str) -> str:
    return f"Entry {entry.seq} is listed with another {name} than it records."


def _moment(at: object) -> str | None:
    """The time as records write it; SQLite keeps it as text: 2026-11-22 14:32:05.000123."""
    if isinstance(at, datetime):
        return moment(at)
    return f"{at.replace(' ', 'T')}Z" if isinstance(at, str) else None


def _personal_fault(entry: Entry, said: dict[str, Any], beside: Beside) -> str | None:
    """The first personal value that breaks its commitment. One that is gone was erased."""
    promised = _mapping(said.get("personal"))
    for row in beside:
        if not _is_kept(promised.get(row.field), row.salt, row.value):
            return f"The {row.field} kept beside entry {entry.seq} is not the one it recorded."
    return None


def _is_kept(promised: object, salt: object, value: object) -> bool:
    if not (isinstance(salt, bytes) and isinstance(value, str)):
        return False
    return promised == commitment(salt, value)


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
