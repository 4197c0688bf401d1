"""The Alembic command line that is running, for use in `env.py`. Depends on Alembic only."""

import sys
from pathlib import Path

from alembic import context


def writes() -> bool:
    """Whether the command changes the revision. An unrecognised command counts as writing."""
    try:
        context.get_revision_argument()
    except KeyError:
        return False
    except Exception:
        return True
    return True


def typed() -> str:
    """The command as typed, for the record."""
    return " ".join([Path(sys.argv[0]).name, *sys.argv[1:]])[:200]
