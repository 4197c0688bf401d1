"""The anchor of a database on its server, and the mark in its comment, which is a part of it."""

from typing import Any

from sqlalchemy import Connection, text

from portal.databases.engines.postgresql.server import quoted

MARK = "Talkback: "

_ANCHOR = text(
    "SELECT d.oid::bigint, d.datname, s.system_identifier::text,"
    " shobj_description(d.oid, 'pg_database')"
    " FROM pg_database AS d, pg_control_system() AS s WHERE d.datname = current_database()"
)


def place_of(connection: Connection) -> tuple[Any, ...]:
    return tuple(connection.execute(_ANCHOR).one())


def write_mark(
    connection: Connection, words: str, name: str | None = None, *, like: str | None = None
) -> None:
    """Write a mark into the comment of a database, and keep what users wrote there.

    `like`: the database it replaced, whose comment is copied: no dump contains it.
    """
    here = text("SELECT coalesce(:name, current_database())")
    database = connection.execute(here, {"name": name}).scalar_one()
    query = text(
        "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = :name"
    )
    comment = connection.execute(query, {"name": like or database}).scalar_one() or ""
    kept = [line for line in comment.splitlines() if not line.startswith(MARK)]
    lines = "\n".join([*kept, MARK + words]).replace("'", "''").replace("%", "%%")
    connection.exec_driver_sql(f"COMMENT ON DATABASE {quoted(connection, database)} IS '{lines}'")


def mark_in(comment: str | None) -> str | None:
    lines = (comment or "").splitlines()
    return next((line for line in lines if line.startswith(MARK)), None)
