"""Production is changed by a person at a terminal."""

import sys

from portal.core.errors import Refusal, Refused
from portal.core.storage.database import db, reading
from portal.databases.targets.config import Target
from portal.databases.targets.registry import known_control_room


def require_terminal(target: Target, action: str) -> None:
    """Raises Refused for production without an interactive terminal.

    Raises Unavailable first where there is no ops database yet, which could not record a refusal.
    """
    with reading():
        known_control_room()
    db.session.rollback()
    if target.is_production and not sys.stdin.isatty():
        raise Refused(
            f"{target.name.capitalize()} is changed only by a person at a terminal.",
            remedy="Run the command by hand, in a terminal.",
            refusal=Refusal(action, target.name),
        )
