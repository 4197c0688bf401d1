"""Ask for known holes in the pinned packages: part of `make check`.

Exit 1 where a package has one. Where the service can't be asked, as without a network, that is one
line and no failure; what it knows nothing of is named by number, and is not taken for safe.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
#: Apart from each other where they pin one package in two versions.
LOCKS = (("run", "test", "check"), ("s3",))
SECONDS = 45
#: Numbers of holes that concern nothing here, each with its reason.
ACCEPTED: dict[str, str] = {}


def words(locks: tuple[str, ...]) -> list[str]:
    asked = [sys.executable, "-m", "pip_audit", "--no-deps", "--disable-pip", "--format", "json"]
    asked += ["--progress-spinner", "off", "--timeout", "5"]
    return asked + [word for name in locks for word in ("--requirement", f"locks/{name}.txt")]


def packages() -> list[dict[str, Any]] | None:
    """What is known of each; None where one answer is missing."""
    found: list[dict[str, Any]] = []
    for locks in LOCKS:
        if (known := answer(words(locks), SECONDS)) is None:
            return None
        found += known
    return found


def answer(command: list[str], seconds: float) -> list[dict[str, Any]] | None:
    """None where there is no answer, or none that can be read, in time."""
    try:
        done = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, timeout=seconds, check=False
        )
        found = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, OSError, ValueError):
        return None
    return (found.get("dependencies") or None) if isinstance(found, dict) else None


def report(found: list[dict[str, Any]] | None) -> tuple[list[str], int]:
    """What to print, and the exit code."""
    if found is None:
        return ["Known holes: the service could not be asked, so nothing is known."], 0
    unknown = [each for each in found if "vulns" not in each]
    holes = [
        f"{each['name']} {each['version']}: {hole['id']}, {fixed_in(hole)}"
        for each in found
        for hole in each.get("vulns", ())
        if hole["id"] not in ACCEPTED
    ]
    asked = f"{len(found) - len(unknown)} of {len(found)} packages are known to the service"
    return [f"Known holes: {len(holes)}; {asked}.", *holes], 1 if holes else 0


def fixed_in(hole: dict[str, Any]) -> str:
    versions = ", ".join(hole.get("fix_versions") or ())
    return f"fixed in {versions}" if versions else "no version fixes it yet"


if __name__ == "__main__":
    lines, code = report(packages())
    print("\n".join(lines))
    sys.exit(code)
