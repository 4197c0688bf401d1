"""The product's own tables in a target that are not its content: leases, identity, state.

`stands_beside` is the one place that names them: they are in no digest, count, comparison, backup
verification, drift check or sync. On SQLite the leases are in a separate file.
"""

from sqlalchemy import JSON, BigInteger, Column, Integer, MetaData, String, Table, Text

from portal.core.storage.database import UtcDateTime

MAINTENANCE_TABLE = "portal_maintenance"
ROOM_TABLE = "portal_room"
LEASES_TABLE, PLACE_TABLE = "portal_leases", "portal_lease_place"
LEASE_TABLES = (LEASES_TABLE, PLACE_TABLE)
EPOCH_TABLE, VERSIONS_TABLE = "portal_epoch", "portal_versions"
VERSION_TABLES = (EPOCH_TABLE, VERSIONS_TABLE)
"""For the content's version (see `databases.public_version`). No copy carries their rows over."""

metadata = MetaData()

portal_leases = Table(
    LEASES_TABLE,
    metadata,
    Column("uuid", String(36), primary_key=True),
    Column("room", String(36), nullable=False),
    Column("room_title", Text, nullable=False),
    Column("kind", String(40), nullable=False),
    Column("release", Text, nullable=False),
    Column("serves", JSON, nullable=False),
    Column("host", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("renewed_at", UtcDateTime, nullable=False),
    Column("renewals", Integer, nullable=False),
)
portal_lease_place = Table(PLACE_TABLE, metadata, Column("id", String(36), primary_key=True))

of_versions = MetaData()
portal_epoch = Table(EPOCH_TABLE, of_versions, Column("epoch", String(36), primary_key=True))
portal_versions = Table(
    VERSIONS_TABLE,
    of_versions,
    Column("scope", Integer, primary_key=True, autoincrement=False),
    Column("slot", BigInteger, primary_key=True, autoincrement=False),
    Column("number", BigInteger, nullable=False),
)


def stands_beside(name: str) -> bool:
    """Whether a table, by its display name, is state of the service rather than content."""
    return name in beside_names()


def beside_names() -> tuple[str, ...]:
    return (MAINTENANCE_TABLE, ROOM_TABLE, *LEASE_TABLES, *VERSION_TABLES)
