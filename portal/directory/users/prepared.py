"""Whether the tables for accounts and owners exist in the directory that this process serves."""

from portal.core.errors import Unavailable
from portal.core.storage.database import db, moderation_tables, site_tables
from portal.core.storage.read_only import WHY
from portal.databases.targets.readiness import READINESS, Readiness

BEING_PREPARED = "Accounts are being prepared on this site. Nothing was saved."
MODERATION_PREPARED = "This is being prepared on this site. Nothing was saved."


def is_prepared() -> bool:
    """As of the start of the transaction. A directory without an identity is not judged: its
    tables are asked for."""
    return _has(site_tables() - moderation_tables())


def is_moderation_prepared() -> bool:
    """Whether the tables for reviews, claims and staff's changes are there too."""
    return _has(site_tables())


def _has(tables: frozenset[str]) -> bool:
    connection = db.session.connection()
    standing: Readiness | Exception | None = connection.info.get(READINESS)
    if not isinstance(standing, Readiness):
        return False
    return standing.tables >= tables


def require_prepared() -> None:
    """Raises Unavailable before the expand that adds the tables."""
    if not is_prepared():
        raise Unavailable(BEING_PREPARED, remedy="Try again later.")


def require_moderation_prepared() -> None:
    """Raises Unavailable before the expand that adds those tables."""
    if not is_moderation_prepared():
        raise Unavailable(MODERATION_PREPARED, remedy="Try again later.")


def require_writable() -> None:
    """Raises Unavailable while nothing can be saved: before any work is done for what would be
    refused at the end. A write is refused in any case."""
    require_prepared()
    if why := db.session.connection().info.get(WHY):
        raise Unavailable(str(why))
