"""Faults in a process that a test starts: the product has no hooks, so the environment tells.

Only the process of an operation is armed: the worker reads the same database when it reconciles.
"""

import os
from collections.abc import Sequence
from pathlib import Path

from tests.faults import moments

_armed: set[int] = set()


def arm_by_environment(words: Sequence[str]) -> None:
    """`FAULT_AT` names the moment, `FAULT_ON` the database, `FAULT_FOLDER` where it waits.

    Once, however the process was started: by the forking helper, or as the product does it.
    """
    if "FAULT_AT" in os.environ and "execute" in words and os.getpid() not in _armed:
        _armed.add(os.getpid())
        moments.arm(
            os.environ["FAULT_AT"],
            moments.wait_in(Path(os.environ["FAULT_FOLDER"])),
            file=os.environ.get("FAULT_ON", "production.sqlite3"),
        )
