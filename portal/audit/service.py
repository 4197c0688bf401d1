"""Recording events, in the same ops transaction as the change."""

import secrets
from collections.abc import Mapping, Sequence
from itertools import chain as chain_of
from itertools import count
from typing import Any, Protocol, Required, TypedDict, Unpack
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, RootTransaction
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import Session, scoped_session

import portal.audit.chain.triggers  # noqa: F401  (makes the tables append-only)
from portal.audit.actor import Actor
from portal.audit.chain.canonical import Plain, moment, plain, written
from portal.audit.chain.hashing import commitment, leaf_of, link
from portal.audit.models import AuditHead, Outcome, Personal
from portal.audit.origin import current_origin
from portal.audit.statements import POSTGRESQL, SQLITE, Statements, Write, execute_all
from portal.core.clock import now
from portal.core.logs.records import without_keys
from portal.core.storage.database import db, is_reading, own_ops_transaction

__all__ = ["EventData", "Outcome", "append", "record", "record_now"]

VERSION = 1
SALT = 16
OPS = {"mapper": AuditHead.__mapper__}

FIELDS = (Personal.NAME.value, Personal.ADDRESS.value, Personal.SESSION.value)

Kept = tuple[int, str, bytes, str]
"""A personal value: the entry's number, its field, salt and value."""

Writable = Session | scoped_session[Any]


class Row(Protocol):
    """A row that can be the subject of an event."""

    __tablename__: str

    @property
    def id(self) -> int: ...


class EventData(TypedDict, total=False):
    """The data of an event beyond its action and its subject."""

    by: Required[Actor]
    outcome: Outcome
    target: str | None
    details: Mapping[str, Any] | None
    reason: str | None


def record(action: str, subject: str | Row | None = None, **event: Unpack[EventData]) -> None:
    """Append an event to the log in the session's ops transaction; the caller commits.

    Raises RuntimeError where the session only reads (a GET request): see `record_now`.
    """
    if is_reading():
        raise RuntimeError("Nothing can be recorded in a transaction that only reads.")
    append(db.session, action, subject, **event)


def record_now(action: str, subject: str | Row | None = None, **event: Unpack[EventData]) -> None:
    """Append an event in a separate short transaction: for what a GET request must record.

    Raises RuntimeError in the middle of a writing transaction, which would deadlock.
    """
    with own_ops_transaction() as session:
        append(session, action, subject, **event)


def append(
    session: Writable, action: str, subject: str | Row | None = None, **event: Unpack[EventData]
) -> None:
    """Append to the log in the given ops session.

    The head's row is the log's lock: taken first, so that no other entry can come in between.
    """
    session.flush()
    connection = session.connection(bind_arguments=OPS)
    on_sqlite = connection.dialect.name == "sqlite"
    statements = SQLITE if on_sqlite else POSTGRESQL
    seq, previous = _next_turn(connection, statements)
    at, by = now(), event["by"]
    said, said_at, personal = _fields_of(action, subject, event), moment(at), _personal(seq, by)
    text = written(_whole_record(seq, said_at, by, said, personal))
    leaf = leaf_of(text)
    chain = link(previous, leaf)
    stored_at = said_at[:-1].replace("T", " ") if on_sqlite else at
    index = (by.id, str(by.role), said["action"], said["outcome"], said["target"])
    writes: list[Write] = [
        (statements.move, (seq, chain)),
        (statements.entry, (seq, text, leaf, chain, stored_at, *index)),
    ]
    if personal:
        values = tuple(chain_of.from_iterable(personal))
        writes.append((statements.beside[len(personal)], values))
    execute_all(connection, writes)
    _note_head(connection, (seq, chain))


_heads: WeakKeyDictionary[RootTransaction, tuple[int, str]] = WeakKeyDictionary()
"""The log's end as each transaction left it, which holds the log's lock until it ends."""


def _next_turn(connection: Connection, statements: Statements) -> tuple[int, str]:
    """The next entry's number and the chain's value before it."""
    transaction = connection.get_transaction()
    if transaction and (known := _heads.pop(transaction, None)):
        return known[0] + 1, known[1]
    with connection.exec_driver_sql(statements.head) as result:
        head = result.cursor.fetchone() if result.cursor else None
    if head is None:
        raise NoResultFound("The audit log has no head.")
    return head[0] + 1, head[1]


def _note_head(connection: Connection, head: tuple[int, str]) -> None:
    """Not within a savepoint, which may be rolled back with its entries."""
    transaction = connection.get_transaction()
    if transaction and not connection.in_nested_transaction():
        _heads[transaction] = head


def _fields_of(action: str, subject: str | Row | None, event: EventData) -> dict[str, Plain]:
    fields = {
        "action": action,
        "subject": subject_name(subject),
        "outcome": event.get("outcome", Outcome.DONE).value,
        "target": event.get("target"),
        "details": event.get("details") or {},
        "reason": event.get("reason"),
    }
    return {key: _without_keys(plain(value)) for key, value in fields.items()}


def _without_keys(value: Plain) -> Plain:
    """Addresses that grant access are kept out of logs, this one included."""
    if isinstance(value, dict):
        return {key: _without_keys(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_without_keys(each) for each in value]
    return without_keys(value) if isinstance(value, str) else value


def subject_name(subject: str | Row | None) -> str | None:
    if subject is None or isinstance(subject, str):
        return subject
    return f"{subject.__tablename__}/{subject.id}"


def _whole_record(
    seq: int, at: str, by: Actor, fields: dict[str, Plain], personal: Sequence[Kept]
) -> dict[str, Plain]:
    return {
        **fields,
        "v": VERSION,
        "seq": seq,
        "at": at,
        "actor": {"id": plain(by.id), "role": plain(by.role)},
        "request": plain(current_origin().request),
        "personal": {field: commitment(salt, value) for _, field, salt, value in personal},
    }


def _personal(seq: int, by: Actor) -> list[Kept]:
    origin, salts = current_origin(), secrets.token_bytes(SALT * len(FIELDS))
    values = (by.name, origin.address, origin.session)
    return [
        (seq, field, salts[at : at + SALT], str(plain(value)))
        for at, field, value in zip(count(0, SALT), FIELDS, values, strict=False)
        if value
    ]
