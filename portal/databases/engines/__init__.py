"""One package for each database engine; no other code checks which engine it is on.

It opens, copies, inspects and locks databases, and knows no policy. Start with `base`.
"""

from collections.abc import Hashable

from sqlalchemy import Engine
from sqlalchemy.engine import URL

from portal.core.configuration.settings import sqlite_url
from portal.core.storage.urls import key_of
from portal.databases.engines.base import WHERE, Anchor, DatabaseEngine
from portal.databases.engines.leases import LeasePlace
from portal.databases.engines.postgresql import server
from portal.databases.engines.postgresql.engine import PostgresqlEngine
from portal.databases.engines.postgresql.leases import PostgresqlLeases
from portal.databases.engines.sharing import prefetch
from portal.databases.engines.sqlite.engine import SqliteEngine
from portal.databases.engines.sqlite.leases import SqliteLeases


def engine_for(url: URL) -> DatabaseEngine:
    if url.get_backend_name() == "postgresql":
        return PostgresqlEngine(url)
    return SqliteEngine(url)


def engine_at(anchor: Anchor, *, like: DatabaseEngine) -> DatabaseEngine:
    """The engine for the location in an anchor, which may no longer answer.

    `like`: an engine whose user and password are used there, if that kind of database takes any.
    """
    if address := anchor.get(WHERE):
        own = like if isinstance(like, PostgresqlEngine) else PostgresqlEngine(_anybody())
        return own.at(address)
    return SqliteEngine(sqlite_url("The anchor", URL.create("sqlite", database=anchor["path"])))


_beside: dict[Hashable, LeasePlace] = {}


def leases_beside(url: URL, *, site: str | None = None) -> LeasePlace:
    """The lease place beside a target; one object per target and process, with what it observed.

    `site`: the role that serves the target, if it is not the url's.
    """
    key = key_of(url), site
    if key not in _beside:
        _beside.setdefault(key, _leases_beside(url, site))
    return _beside[key]


def _leases_beside(url: URL, site: str | None) -> LeasePlace:
    engine = engine_for(url)
    if isinstance(engine, SqliteEngine):
        return SqliteLeases(engine.file)
    return PostgresqlLeases(engine.address, url, site=site)


def name_sessions(engine: Engine) -> None:
    """Name the sessions of a pool for the release gate, on engines that list sessions."""
    if engine.dialect.name == "postgresql":
        server.name_sessions(engine)


def ask_sessions_along(url: URL) -> None:
    """This page will list them, on engines that do: they come with what it asks first."""
    if url.get_backend_name() == "postgresql":
        prefetch(url, server.SESSIONS, server.LIST_SESSIONS)


def _anybody() -> URL:
    return URL.create("postgresql+psycopg")
