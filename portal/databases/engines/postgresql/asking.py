"""The query of `engines.asking` on a PostgreSQL database, on a few dedicated connections."""

from collections.abc import Iterable

from sqlalchemy.engine import URL

from portal.core.storage.postgresql_reader import Look, PostgresqlReader
from portal.databases.engines.asking import PATIENCE, Answer, question
from portal.databases.engines.beside import MAINTENANCE_TABLE
from portal.jobs.processes import session_name

MOST = 4
"""Connections per process."""


class PostgresqlAsker:
    def __init__(self, url: URL, tables: Iterable[str]) -> None:
        """`tables`: of the content, which must exist."""
        self._url = url
        self._tables = sorted(tables)
        self._reader = PostgresqlReader(url, self._question, name=session_name, most=MOST)

    def ask(self, studio: int) -> Answer | None:
        row = self._reader.ask(b"%d" % studio, patience=PATIENCE)
        if row is None:
            return None
        name, oid, tables, *rest = row
        if name != self._url.database:
            return None  # it was renamed, and another has its name
        return Answer(tuple(rest), oid, None, 0, tables == len(self._tables))

    def close(self) -> None:
        self._reader.close()

    def _question(self, look: Look) -> str:
        """If the maintenance table is created later, this statement returns no row and is prepared
        again: no epoch matches none.
        """
        has_maintenance = look(f"SELECT to_regclass('{MAINTENANCE_TABLE}')") is not None
        asked = question("$1::int", "version_num", maintenance=has_maintenance)
        listed = ", ".join(f"to_regclass('{each}')" for each in self._tables)
        guard = "" if has_maintenance else f" WHERE to_regclass('{MAINTENANCE_TABLE}') IS NULL"
        return (
            "SELECT current_database(),"  # noqa: S608
            " (SELECT oid::text FROM pg_database WHERE datname = current_database()),"
            f" num_nonnulls({listed}), asked.* FROM ({asked}) AS asked{guard}"
        )
