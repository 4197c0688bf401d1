"""Whether `make trials` runs: it runs the whole of some tests of which `make test` runs a part.

It finds them by their import of this module.
"""

import os

IN_TRIALS = bool(os.environ.get("PORTAL_TRIALS"))


def examples(number: int) -> int:
    """How many made-up cases are tried: a third in `make test`."""
    return number if IN_TRIALS else max(number // 3, 10)
