"""Whether `make trials` runs: it runs the whole of some tests of which `make test` runs a part."""

import os

IN_TRIALS = bool(os.environ.get("PORTAL_TRIALS"))
