"""Leases beside a PostgreSQL database: two tables in it, written in short transactions.

The sites' role writes only its own rows; the owner's role may delete dead ones.
"""

import os
from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, event, inspect, text
from sqlalchemy.engine import URL
from sqlalchemy.pool import ConnectionPoolEntry

from portal.databases.engines.beside import LEASES_TABLE, PLACE_TABLE
from portal.databases.engines.leases import LeasePlace
from portal.databases.engines.postgresql import server
from portal.databases.engines.postgresql.server import quoted
from portal.jobs.leases.places import LeaseStoreFault

ROWS = "SELECT, INSERT, UPDATE, DELETE"
LOCK_MILLISECONDS, HURRIED_MILLISECONDS = 1000, 100
OPTIONS = "-c lock_timeout={} -c statement_timeout=3000 -c search_path=public"
OWN = "holder = current_user"
OWN_ROWS = (
    f"ALTER TABLE public.{LEASES_TABLE} ADD COLUMN holder name NOT NULL DEFAULT current_user",
    f"ALTER TABLE public.{LEASES_TABLE} ENABLE ROW LEVEL SECURITY",
    f"CREATE POLICY portal_all_read ON public.{LEASES_TABLE} FOR SELECT USING (true)",
    f"CREATE POLICY portal_own_rows ON public.{LEASES_TABLE} USING ({OWN}) WITH CHECK ({OWN})",
)
HAS_RULES = text(
    "SELECT count(*) FROM pg_policy WHERE polrelid = to_regclass(:table)"
    " AND polname IN ('portal_all_read', 'portal_own_rows')"
)


class PostgresqlLeases(LeasePlace):
    def __init__(self, key: str, url: URL, *, site: str | None = None) -> None:
        """`site`: the role that serves the target, if it is not the url's."""
        self._site = site
        own, hurried = (
            server.open_pooled(url, keeps=keeps, options=OPTIONS.format(patience), owner=self)
            for keeps, patience in ((1, LOCK_MILLISECONDS), (2, HURRIED_MILLISECONDS))
        )
        super().__init__(key, own, hurried)
        self._one_question = self._one_question.execution_options(isolation_level="AUTOCOMMIT")
        self._holders: set[int] = set()
        event.listen(own, "checkin", _close_unless_held(self._holders))

    def stay_connected(self) -> None:
        self._holders.add(os.getpid())

    def disconnect(self) -> None:
        self._holders.discard(os.getpid())
        self._engine.dispose()

    def _prepare(self) -> None:
        with self._engine.begin() as connection:
            if not inspect(connection).has_table("portal_identity"):
                raise LeaseStoreFault("the database says nothing of what it is")

    def _finish(self, connection: Connection) -> None:
        """Concurrent creators wait for each other at the lock, which ends with the transaction, so
        the rules are created once.
        """
        if connection.execute(HAS_RULES, {"table": f"public.{LEASES_TABLE}"}).scalar() != 2:
            for command in OWN_ROWS:
                connection.exec_driver_sql(command)
        if self._site:
            role = quoted(connection, self._site)
            connection.exec_driver_sql(f"REVOKE ALL ON public.{PLACE_TABLE} FROM {role}")
            connection.exec_driver_sql(f"GRANT SELECT ON public.{PLACE_TABLE} TO {role}")
            connection.exec_driver_sql(f"GRANT {ROWS} ON public.{LEASES_TABLE} TO {role}")


def _close_unless_held(holders: set[int]) -> Callable[..., None]:
    """A process without a lease leaves no session behind: it would be a stranger's."""

    def checkin(_connection: Any, record: ConnectionPoolEntry) -> None:
        if os.getpid() not in holders:
            record.close()

    return checkin
