"""The store off this machine, at BACKUP_URL: encrypted files by name."""

from portal.core.configuration.settings import settings
from portal.core.errors import Conflict
from portal.core.files.object_store import Store


def the_store() -> Store:
    """Raises Conflict if no store is configured."""
    route = settings().backup_store
    if route is None:
        raise Conflict(
            "There is no store off this machine.", remedy="Name one in BACKUP_URL, and restart."
        )
    return Store(route)
