"""Slow proofs, run by `make trials` alone."""

import os

collect_ignore_glob = [] if os.environ.get("PORTAL_TRIALS") else ["test_*.py"]
