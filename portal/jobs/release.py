"""The release name of this process's code."""

import hashlib
import subprocess
from functools import cache

from portal.core.configuration.settings import ROOT


@cache
def release_name() -> str:
    """The commit of the checkout, or a digest of the package's files if there is none."""
    return _commit() or _digest()


def _commit() -> str | None:
    if not (ROOT / ".git").exists():
        return None
    command = ["git", "-C", str(ROOT), "rev-parse", "--short=12", "HEAD"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=5, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None


def _digest() -> str:
    total = hashlib.sha256()
    for file in sorted((ROOT / "portal").rglob("*.py")):
        total.update(str(file.relative_to(ROOT)).encode() + b"\0")
        total.update(hashlib.sha256(file.read_bytes()).digest())
    return total.hexdigest()[:12]
