"""A control room marked as a demo, where messages are written into a folder."""

from portal.core.storage.database import db
from portal.databases.targets.registry import control_room


def mark_as_demo() -> None:
    """Commits."""
    control_room(is_demo=True).is_demo = True
    db.session.commit()
