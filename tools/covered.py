"""How much of each room of the promise the quick tests run: part of `make check`.

    python tools/covered.py REPORT      the JSON that coverage wrote

Exit 1 where a room is below the floor that pyproject.toml gives it under [tool.talkback.covered].
"""

import json
import sys
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]


def floors() -> dict[str, int]:
    told = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return dict(told["tool"]["talkback"]["covered"])


def share(files: dict[str, Any], room: str) -> float:
    """In percent of statements; 0 for a room of which nothing was measured."""
    own = [each["summary"] for name, each in files.items() if name.startswith(f"{room}/")]
    ran = sum(each["covered_lines"] for each in own)
    return 100 * ran / (sum(each["num_statements"] for each in own) or 1)


def report(files: dict[str, Any], wanted: dict[str, int]) -> tuple[list[str], int]:
    shares = {room: share(files, room) for room in wanted}
    low = [room for room, floor in wanted.items() if shares[room] < floor]
    said = ", ".join(f"{room.removeprefix('portal/')} {of:.0f} %" for room, of in shares.items())
    lines = [f"Covered by the quick tests: {said}."]
    lines += [f"{room} is below its floor of {wanted[room]} %." for room in low]
    return lines, 1 if low else 0


def main(words: list[str]) -> int:
    file = Path(words[0])
    if not file.exists():
        print("No coverage was measured: make check does it.")
        return 1
    lines, code = report(json.loads(file.read_text(encoding="utf-8"))["files"], floors())
    print("\n".join(lines))
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
