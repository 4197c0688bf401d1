"""Production is changed by a person at a terminal."""

import sys

from portal.core.errors import Refusal, Refused
from portal.databases.targets.config import Target


def require_terminal(target: Target, action: str) -> None:
    """Raises Refused for production without an interactive terminal."""
    if target.is_production and not sys.stdin.isatty():
        raise Refused(
            f"{target.name.capitalize()} is changed only by a person at a terminal.",
            remedy="Run the command by hand, in a terminal.",
            refusal=Refusal(action, target.name),
        )
