"""The label inside a directory database: what it is, signed by the control room that stamped it.

The key belongs to the ops database. A label that was edited by hand no longer verifies; a label
from another control room is not registered here.
"""

import hmac
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import uuid4

from sqlalchemy import Column, Connection, MetaData, RowMapping, String, Table, select, text
from sqlalchemy.exc import DatabaseError

from portal.core.clock import now
from portal.core.configuration.settings import Environment
from portal.databases.engines.sharing import cached_on, has_table, whole_file

metadata = MetaData()

portal_identity = Table(
    "portal_identity",
    metadata,
    Column("application", String(80), nullable=False),
    Column("environment", String(40), nullable=False),
    Column("database_uuid", String(36), primary_key=True),
    Column("stamped_at", String(40), nullable=False),
    Column("signature", String(64), nullable=False),
)
portal_journal = Table(
    "portal_journal",
    metadata,
    Column("ticket", String(80), primary_key=True),
    Column("plan", String(64), nullable=False),
    Column("from_revision", String(40)),
    Column("to_revision", String(40), nullable=False),
    Column("at", String(40), nullable=False),
)


class BrokenLabel(Exception):
    """The label's table exists, but its content can't be a label."""


@dataclass(frozen=True)
class Label:
    application: str
    environment: str
    database_uuid: str
    stamped_at: str
    signature: str

    def is_signed_with(self, key: bytes) -> bool:
        return hmac.compare_digest(self.signature, _signature(self, key))


def read_label(connection: Connection) -> Label | None:
    """None if the database carries no label. Raises BrokenLabel."""
    if whole := whole_file(connection):
        return _label_in(whole.labels)
    if not has_table(connection, portal_identity.name):
        return None
    return cached_on(connection, "label", label_there)


def _label_in(rows: list[tuple[Any, ...]]) -> Label | None:
    if len(rows) > 1:
        raise BrokenLabel
    return Label(*map(str, rows[0])) if rows else None


def label_there(connection: Connection) -> Label | None:
    """The same, if its table is known to exist. Raises BrokenLabel.

    Selects every column the table has: naming a missing column would abort the transaction on
    PostgreSQL.
    """
    try:
        rows = connection.execute(select(text("*")).select_from(portal_identity)).mappings().all()
    except DatabaseError:
        raise BrokenLabel from None
    return label_of(rows)


def label_of(rows: Sequence[RowMapping]) -> Label | None:
    """The label in these rows of its table; None for no row. Raises BrokenLabel."""
    names = portal_identity.columns.keys()
    if len(rows) > 1 or any(set(names) - set(row) for row in rows):
        raise BrokenLabel
    return Label(*(str(rows[0][name]) for name in names)) if rows else None


def stamp(
    connection: Connection,
    *,
    application: str,
    environment: Environment,
    key: bytes,
    database_uuid: str | None = None,
) -> Label:
    """Write the label in the connection's transaction, replacing any label that was there."""
    label = Label(
        application=application,
        environment=environment.value,
        database_uuid=database_uuid or str(uuid4()),
        stamped_at=now().isoformat(),
        signature="",
    )
    signed = Label(**{**asdict(label), "signature": _signature(label, key)})
    metadata.create_all(connection)
    connection.execute(portal_identity.delete())
    connection.execute(portal_identity.insert().values(asdict(signed)))
    return signed


def _signature(label: Label, key: bytes) -> str:
    fields = {**vars(label), "signature": ""}
    return hmac.new(key, json.dumps(fields, sort_keys=True).encode(), "sha256").hexdigest()
