"""Python imports this at start where this folder is on PYTHONPATH: the product has no hooks.

Only the process of an operation is armed: the worker reads the same database when it reconciles.
"""

import os
import sys
from pathlib import Path

if "FAULT_AT" in os.environ and "execute" in sys.argv:
    import moments

    moments.arm(
        os.environ["FAULT_AT"],
        moments.wait_in(Path(os.environ["FAULT_FOLDER"])),
        file="production.sqlite3",
    )
