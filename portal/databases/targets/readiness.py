"""Whether this process may serve its directory: checked before every public page and at the
beginning of each transaction.

It reads only the directory and its own memory: public pages never touch ops. A process that lost
ops and has its lease beside the directory stays read-only; one that lost both stops serving. A
database whose file was moved is still served, since a hint must not take a site down; only changes
wait.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import compress
from typing import Any, cast

from sqlalchemy import Connection, RowMapping, TextClause, inspect, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from portal.core.configuration.settings import OPS, Environment, settings
from portal.core.errors import Unavailable
from portal.core.faults.alarm import alarm_about
from portal.core.faults.places import served_place
from portal.core.storage.database import DirectoryModel, db, site_tables
from portal.databases.engines.derived import NAMES, STATE_TABLE, is_state
from portal.databases.engines.sharing import TABLES, tables_now
from portal.databases.migrations.history import as_one
from portal.databases.migrations.ops_revision import why_behind, why_ops_unfit
from portal.databases.policies.maintenance import NOTICE, portal_maintenance
from portal.databases.targets.config import APPLICATION
from portal.databases.targets.identity_label import BrokenLabel, label_of, portal_identity
from portal.jobs.leases.holder import holds_lease, may_serve

READ_ONLY = "The directory is read-only for a moment, so nothing was saved. Try again soon."
NOT_SAVED = "The directory is being worked on; nothing was saved."
BACK_SOON = "Its pages can’t be shown at the moment."
READINESS = "portal.standing"
VERSIONS = "alembic_version"
OF_LABEL = (
    "CROSS JOIN (SELECT count(*) AS portal_labels FROM portal_identity) AS labels"
    " LEFT JOIN portal_identity ON true"
)
OF_VERSION = "LEFT JOIN (SELECT version_num AS portal_version FROM alembic_version) AS v ON true"
OF_NOTICE = "CROSS JOIN (SELECT count(*) AS portal_noticed FROM portal_maintenance) AS notices"
OF_DERIVED = "LEFT JOIN (SELECT * FROM derived_state LIMIT 50) AS d ON true"
"""One query joins the tables that exist. It selects whatever columns a label has: naming a missing
column would abort the transaction on PostgreSQL.
"""

TABLES_OF = {
    "sqlite": f"SELECT json_group_array(name) FROM ({TABLES})",  # noqa: S608
    "postgresql": "SELECT array_agg(c.relname::text) FROM pg_catalog.pg_class AS c"
    " JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace"
    " WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't'"
    " AND pg_catalog.pg_table_is_visible(c.oid) AND n.nspname <> 'pg_catalog'",
}
"""The query of `tables_now`."""

_Said = tuple[set[str], Sequence[RowMapping]]
_serves: set[str] = set()
_there = (True, True, True, True)
"""Which of the four tables existed when they were last checked separately."""


@dataclass(frozen=True)
class Readiness:
    """What was found as a transaction began: why it can't be served, and the notice for visitors.

    `is_guarded`: there is an identity where the site looks first. `tables`: the existing ones;
    `whole`: derived data that is complete, by its rule.
    """

    unfit: str | None
    notice: str | None = None
    is_guarded: bool = False
    tables: frozenset[str] = frozenset()
    whole: Mapping[str, int] = field(default_factory=dict)


def declare(serves: frozenset[str]) -> None:
    """Declare which revisions this code can work with; called once, at application start."""
    _serves.clear()
    _serves.update(serves)


def serves(revision: object) -> bool:
    """Whether this code can work with a revision."""
    return revision in _serves


def needs_set_up(key: str, revision: str) -> str | bool:
    """Whether a database lacks things because of its revision; the sentence where there is one."""
    if key == OPS:
        return why_behind(revision) or False
    return key not in set(Environment) or not serves(revision)


def why_unfit() -> str | None:
    """One sentence if this process can't serve the directory now, otherwise None.

    Nor should it while its control room lacks what this release needs: the release before goes on.
    One that holds nothing is damaged, which takes no site down.
    """
    if not may_serve():
        return "This process could not renew its leases, so a change may be under way."
    return _found().unfit or why_ops_unfit(even_empty=False)


def require_fit() -> str | None:
    """The notice for visitors while the directory is read-only; None if there is none.

    Raises Unavailable; visitors read that it is temporary, the reason is for staff.
    """
    if not may_serve() or (found := _found_in_session()).unfit:
        raise Unavailable(BACK_SOON)
    return found.notice


def why_read_only(connection: Connection) -> str | None:
    """Why nothing may be written in the transaction that begins; called by `refuse_writes`.

    Maintenance mode, or code that can't serve this schema. A database without an identity has no
    owner: no page is served from it and nothing guards it.
    """
    connection.info[READINESS] = None
    try:
        found = _standing_of(connection)
    except DBAPIError as error:
        connection.info[READINESS] = error
        raise
    connection.info[READINESS] = found
    if not _serves or not found.is_guarded:
        return None
    if found.notice or not holds_lease():
        return READ_ONLY
    return NOT_SAVED if found.unfit else None


def _found() -> Readiness:
    """Checked at the beginning of a transaction, like any other."""
    try:
        with db.engine.connect() as connection, connection.begin():
            return _as_readiness(connection.info[READINESS])
    except (DBAPIError, PoolTimeout) as error:
        return _as_readiness(error)


def _found_in_session() -> Readiness:
    """Checked in the transaction that then reads the page, so that it is queried once."""
    try:
        return _as_readiness(db.session.connection().info[READINESS])
    except (DBAPIError, PoolTimeout) as error:
        db.session.rollback()
        return _as_readiness(error)


def _as_readiness(found: Readiness | Exception | None) -> Readiness:
    """An error is a reason why nothing can be served."""
    if isinstance(found, Readiness):
        return found
    config = settings()
    fault = alarm_about(found, config, about=served_place(config)) if found else None
    said = fault.sentence if fault else f"The {config.env.value} database can't be reached."
    return Readiness(said)


def _standing_of(connection: Connection) -> Readiness:
    tables, rows = _at_once(connection) or _one_after_the_other(connection)
    is_guarded = portal_identity.name in tables
    notice = NOTICE if any(row.get("portal_noticed") for row in rows) else None
    unfit = _why_database_unfit(connection, tables, rows)
    if not is_state(rows[0].keys()):
        tables -= NAMES  # another application's tables of the same names
    return Readiness(unfit, notice, is_guarded, frozenset(tables), _whole(rows))


def _at_once(connection: Connection) -> _Said | None:
    """In one statement, since every page waits for it: which tables exist, and the content of those
    that existed last time. None if other tables exist now, or one of them is missing.
    """
    expected, dialect = _there, connection.dialect.name
    try:
        rows = connection.execute(_question(dialect, *expected)).mappings().all()
    except DBAPIError as error:
        if error.connection_invalidated:
            raise
        if dialect != "sqlite":  # the failed query aborted the transaction, which has only begun
            cast(Any, connection.connection.driver_connection).rollback()
        return None
    listed = rows[0]["portal_tables"]
    tables = set(json.loads(listed) if isinstance(listed, str) else listed or ())
    return (tables, rows) if _which_of(tables) == expected else None


def _one_after_the_other(connection: Connection) -> _Said:
    global _there  # noqa: PLW0603 — one process, one directory
    tables = set(tables_now(connection))
    _there = label, *others = _which_of(tables)
    has_label = label or _exists(connection, portal_identity.name, tables)
    return tables, connection.execute(_question("", has_label, *others)).mappings().all()


def _which_of(tables: set[str]) -> tuple[bool, bool, bool, bool]:
    return (
        portal_identity.name in tables,
        VERSIONS in tables,
        portal_maintenance.name in tables,
        STATE_TABLE in tables,
    )


@cache
def _question(dialect: str, *is_there: bool) -> TextClause:
    """The query of label, version, notice and derived state, for those whose table exists.
    `dialect`: the dialect in which the tables are listed too; empty to leave the list out.
    """
    parts = compress((OF_LABEL, OF_VERSION, OF_NOTICE, OF_DERIVED), is_there)
    listed = f", ({TABLES_OF[dialect]}) AS portal_tables" if dialect else ""
    asked = f"SELECT * FROM (SELECT 1 AS portal_asked{listed}) AS asked {' '.join(parts)}"  # noqa: S608
    return text(asked)


def _whole(rows: Sequence[RowMapping]) -> dict[str, int]:
    """Empty for a table of that name with other columns."""
    found = {row.get("derived"): row for row in rows if row.get("is_whole") in {True}}
    return {name: row["rule"] for name, row in found.items() if name and "rule" in row}


def _why_database_unfit(
    connection: Connection, tables: set[str], rows: Sequence[RowMapping]
) -> str | None:
    env = settings().env.value
    labels = rows[0].get("portal_labels")
    if labels is None:
        return f"The database at {env}'s address has no identity."
    try:
        label = label_of(rows[:1] * labels)
    except BrokenLabel:
        return f"The identity of the database at {env}'s address can't be read."
    if label is None or (label.application, label.environment) != (APPLICATION, env):
        said = label.environment if label else "nothing"
        return f"The database at {env}'s address says it is {said}."
    versions = {row["portal_version"] for row in rows if row.get("portal_version") is not None}
    revision = as_one(versions)
    if revision not in _serves:
        return f"The database is at revision {revision}, which this release can't serve."
    expected = sorted(set(DirectoryModel.metadata.tables) - site_tables() - tables)
    if missing := [each for each in expected if not _exists(connection, each, tables)]:
        return f"The database is missing {', '.join(missing)}."
    return None


def _exists(connection: Connection, name: str, tables: set[str]) -> bool:
    """Also finds a table outside of the search path's first schema, as unqualified names do."""
    return name in tables or inspect(connection).has_table(name)
