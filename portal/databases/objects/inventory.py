"""The facts of a database, whichever engine it is on."""

from sqlalchemy import Connection

from portal.databases.objects import postgresql, sqlite
from portal.databases.objects.facts import Facts, keyed


def facts_of(connection: Connection) -> Facts:
    """Read in the connection's present transaction."""
    engine = postgresql if connection.dialect.name == "postgresql" else sqlite
    return keyed(engine.facts_of(connection))


def uncompared(connection: Connection) -> list[str]:
    """Relations whose rows no digest of content counts, for people."""
    if connection.dialect.name == "postgresql":
        return postgresql.uncompared(connection)
    return sqlite.uncompared(connection)
