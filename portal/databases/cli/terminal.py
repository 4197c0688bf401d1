"""Production is changed by a person who sits in front of it."""

import sys

from portal.core.errors import Refusal, Refused
from portal.databases.targets.config import Target


def require_terminal(target: Target, action: str) -> None:
    """Raises Refused for production when nobody sits in front of it."""
    if target.is_production and not sys.stdin.isatty():
        raise Refused(
            f"{target.name.capitalize()} is changed only by a person at a terminal.",
            remedy="Run the command by hand, in a terminal.",
            refusal=Refusal(action, target.name),
        )
