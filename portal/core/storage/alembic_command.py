"""What somebody typed, asked while Alembic runs its `env.py`. It needs Alembic alone."""

import sys
from pathlib import Path

from alembic import context


def writes() -> bool:
    """Whether the command leads to a revision. What can't be told counts as writing."""
    try:
        context.get_revision_argument()
    except KeyError:
        return False
    except Exception:
        return True
    return True


def typed() -> str:
    """The command as a person gave it, for the record."""
    return " ".join([Path(sys.argv[0]).name, *sys.argv[1:]])[:200]
