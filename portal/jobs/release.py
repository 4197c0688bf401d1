"""The release name of this process's code."""

import hashlib
import subprocess
from functools import cache

from portal.core.configuration.settings import ROOT


@cache
def release_name() -> str:
    """The commit of the checkout, or a digest of the package's files if there is none."""
    return _commit()[0] or _digest()


def why_no_commit() -> str | None:
    """One sentence where this is a checkout whose commit can't be read; None if there is nothing to
    say."""
    if not (said := _commit()[1]):
        return None
    return (
        f"The commit of {ROOT} can’t be read ({said.rstrip('.')}), so this release is named by its"
        f" files, {release_name()}. Another user’s processes may name it by the commit, and count"
        " as another release. Let every user run git there, or remove .git."
    )


@cache
def _commit() -> tuple[str | None, str | None]:
    """The commit, or what git said instead; neither without a checkout.

    Git reads no checkout of another user’s, as that could start programs there. The owner of this
    one owns the code that runs here.
    """
    if not (ROOT / ".git").exists():
        return None, None
    trusted = ["git", "-c", f"safe.directory={ROOT}", "-C", str(ROOT)]
    command = [*trusted, "rev-parse", "--short=12", "HEAD"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=5, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return None, f"git could not be run ({type(error).__name__})"
    lines = done.stderr.strip().splitlines() or [f"git ended with {done.returncode}"]
    return (done.stdout.strip() or None, None) if not done.returncode else (None, lines[0])


def _digest() -> str:
    total = hashlib.sha256()
    for file in sorted((ROOT / "portal").rglob("*.py")):
        total.update(str(file.relative_to(ROOT)).encode() + b"\0")
        total.update(hashlib.sha256(file.read_bytes()).digest())
    return total.hexdigest()[:12]
