"""Marks of a PostgreSQL catalogue: equal marks mean that the schema did not change in between.

The answers of a page's questions about the schema, its owners and its rights are cached by them
(`sharing.cached_per_schema`). A row that was inserted or updated has a larger `xmin`; one that was
deleted is missing in the count. Objects of the system itself (oid below 16384) are left out of the
large catalogues: a superuser's change of one shows after a minute (`kept_file.LONGEST`).
"""

from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import URL

from portal.core.storage.urls import key_of
from portal.databases.engines.kept_file import answers_at, keep_answers
from portal.databases.engines.postgresql import server
from portal.databases.engines.sharing import OF_SCHEMA

WHOLE = (
    *("pg_namespace", "pg_extension", "pg_database", "pg_shdescription", "pg_auth_members"),
    *("pg_db_role_setting", "pg_default_acl", "pg_event_trigger", "pg_policy", "pg_publication"),
    *("pg_publication_namespace", "pg_publication_rel", "pg_foreign_data_wrapper"),
    *("pg_foreign_server", "pg_foreign_table", "pg_sequence", "pg_enum", "pg_statistic_ext"),
    *("pg_inherits", "pg_partitioned_table", "pg_attrdef", "pg_trigger", "pg_largeobject_metadata"),
)
OF_USERS = {
    "pg_class": "oid",
    "pg_attribute": "attrelid",
    "pg_constraint": "oid",
    "pg_index": "indexrelid",
    "pg_proc": "oid",
    "pg_type": "oid",
    "pg_rewrite": "oid",
    "pg_operator": "oid",
    "pg_cast": "oid",
    "pg_collation": "oid",
    "pg_aggregate": "aggfnoid",
    "pg_range": "rngtypid",
    "pg_ts_config": "oid",
    "pg_ts_config_map": "mapcfg",
    "pg_ts_dict": "oid",
    "pg_description": "objoid",
    "pg_depend": "objid",
}
"""With the column that names the object."""
FIRST_OF_USERS = 16384

KEPT = 2
"""Connections of a process to a database that stay open between pages."""

_ROWS = (
    "count(*) || ':' || coalesce(max(xmin::text::bigint), 0)"
    " || ':' || coalesce(sum(xmin::text::bigint), 0)"
)
_OTHERS = (
    "SELECT md5(coalesce(string_agg(r::text, ',' ORDER BY r.oid), '')) FROM pg_roles AS r",
    (
        "SELECT md5(coalesce(string_agg(concat_ws(' ', oid, subname, subowner, subenabled,"
        " subpublications), ',' ORDER BY oid), '')) FROM pg_subscription"
        " WHERE subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())"
    ),
    "SELECT current_setting('session_replication_role')",
)
"""What has no `xmin`, or none that every role may read."""


def _counted() -> Iterator[str]:
    for catalogue in WHOLE:
        yield f"SELECT {_ROWS} FROM {catalogue}"  # noqa: S608 — constants
    for catalogue, column in OF_USERS.items():
        yield f"SELECT {_ROWS} FROM {catalogue} WHERE {column} >= {FIRST_OF_USERS}"  # noqa: S608
    yield from _OTHERS


SIZE = "portal.size"
QUESTION = (
    "SELECT current_database(), pg_database_size(current_database()), concat_ws(' ', current_user, "
    + ", ".join(f"({each})" for each in _counted())
    + ")"
)


@contextmanager
def page_reading(url: URL) -> Iterator[Connection]:
    """Like `server.reading`, for a page: on a connection that may have served an earlier page.

    A connection follows its database when that is renamed; then another one is opened.
    """
    place = key_of(url)
    with _reader(_Place(place, url)).connect() as opened:
        connection = opened.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        connection.info.clear()  # it belongs to the connection, which outlives a page
        transaction = connection.begin()
        database, size, marks = connection.exec_driver_sql(QUESTION).one()
        if database == url.database:
            connection.info[SIZE] = size
            known: dict[Any, Any] | None = answers_at(place, marks)
            connection.info[OF_SCHEMA] = keep_answers(place, marks) if known is None else known
            with transaction:
                yield connection
            return
        connection.invalidate()
    with server.reading(url) as connection:
        yield connection


@dataclass(frozen=True)
class _Place:
    key: Hashable
    url: URL = field(compare=False)


@lru_cache(maxsize=16)
def _reader(place: _Place) -> Engine:
    engine = server.open_pooled(place.url, keeps=KEPT)

    @event.listens_for(engine, "connect")
    def _show_every_row(connection: Any, _record: object) -> None:
        connection.execute("SET row_security = off")
        connection.commit()

    return engine
