"""Recording events, in the same ops transaction as the change."""

import secrets
from collections.abc import Mapping
from datetime import datetime
from itertools import count
from typing import Any, Protocol, Required, TypedDict, Unpack, cast

from sqlalchemy import Connection, String, Table, bindparam, insert, update
from sqlalchemy.orm import Session, scoped_session

import portal.audit.chain.triggers  # noqa: F401  (makes the tables append-only)
from portal.audit.actor import Actor
from portal.audit.chain.canonical import Plain, canonical, plain
from portal.audit.chain.hashing import commitment, leaf_of, link
from portal.audit.models import AuditEntry, AuditHead, AuditPersonal, Outcome, Personal
from portal.audit.origin import current_origin
from portal.core.clock import now
from portal.core.logs import without_keys
from portal.core.storage.database import db, is_reading, own_ops_transaction

__all__ = ["EventData", "Outcome", "append", "record", "record_now"]

VERSION = 1
SALT = 16
OPS = {"mapper": AuditHead.__mapper__}
HEAD = cast(Table, AuditHead.__table__)
# Built once, from tables instead of classes: building took half of the time of an append.
_TURN = update(HEAD).values(seq=HEAD.c.seq + 1).returning(HEAD.c.seq, HEAD.c.chain)
_ENTRY = insert(cast(Table, AuditEntry.__table__))
_BESIDE = insert(cast(Table, AuditPersonal.__table__))
_MOVE = update(HEAD).values(chain=bindparam("chain_now", type_=String()))

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
    seq, previous = _next_turn(connection)
    at, by = now(), event["by"]
    fields = _fields_of(action, subject, event)
    personal = _personal(seq, by)
    text = canonical(_whole_record(seq, at, by, fields, personal))
    leaf = leaf_of(text)
    chain = link(previous, leaf)
    values = {"seq": seq, "canonical": text, "leaf": leaf, "chain": chain}
    connection.execute(_ENTRY, values | _index(at, by, fields))
    if personal:
        connection.execute(_BESIDE, personal)
    connection.execute(_MOVE, {"chain_now": chain})


def _next_turn(connection: Connection) -> tuple[int, str]:
    """The next entry's number and the chain's value before it."""
    turn = connection.execute(_TURN).one()
    return turn.seq, turn.chain


def _fields_of(action: str, subject: str | Row | None, event: EventData) -> dict[str, object]:
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
    seq: int, at: datetime, by: Actor, fields: dict[str, object], personal: list[dict[str, Any]]
) -> dict[str, object]:
    return fields | {
        "v": VERSION,
        "seq": seq,
        "at": at,
        "actor": {"id": by.id, "role": by.role},
        "request": current_origin().request,
        "personal": {row["field"]: commitment(row["salt"], row["value"]) for row in personal},
    }


def _index(at: datetime, by: Actor, fields: dict[str, object]) -> dict[str, object]:
    return {
        "at": at,
        "actor_id": by.id,
        "actor_role": str(by.role),
        "action": fields["action"],
        "outcome": fields["outcome"],
        "target": fields["target"],
    }


def _personal(seq: int, by: Actor) -> list[dict[str, Any]]:
    origin, salts = current_origin(), secrets.token_bytes(SALT * len(Personal))
    values = {
        Personal.NAME: by.name,
        Personal.ADDRESS: origin.address,
        Personal.SESSION: origin.session,
    }
    return [
        {"seq": seq, "field": field, "salt": salts[at : at + SALT], "value": plain(value)}
        for at, (field, value) in zip(count(0, SALT), values.items(), strict=False)
        if value
    ]
