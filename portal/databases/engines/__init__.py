"""One module for each database engine; nothing else asks which engine it is on."""

from sqlalchemy.engine import URL

from portal.databases.engines.base import DatabaseEngine
from portal.databases.engines.postgresql import PostgresqlEngine
from portal.databases.engines.sqlite import SqliteEngine


def engine_for(url: URL) -> DatabaseEngine:
    if url.get_backend_name() == "postgresql":
        return PostgresqlEngine(url)
    return SqliteEngine(url)
