"""Where the control room's own database was locked while something slow ran."""

import sqlite3
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import wraps
from pathlib import Path
from typing import Any

import pytest

from portal.audit.chain.ranges import check_range
from portal.core.files.object_store import Store
from portal.databases.engines import content
from portal.databases.engines.copies import SqliteCopier
from portal.databases.engines.sqlite.engine import SqliteEngine
from portal.databases.migrations import commands as upgrading
from portal.databases.migrations.lint import lint_revisions
from portal.directory.derived.registry import rows_differing
from portal.jobs.operations.progress import Progress

Slow = tuple[type, str]

METHODS: list[Slow] = [
    *((SqliteCopier, name) for name in ("snapshot", "restore", "scratch", "distil")),
    *((SqliteCopier, name) for name in ("require_sound", "content", "holds_restored")),
    (Store, "_naming"),
    *((SqliteEngine, name) for name in ("changing", "count_rows")),
    (subprocess.Popen, "__init__"),
]
"""What takes as long as the data, another machine or another process likes."""
FUNCTIONS: list[Callable[..., Any]] = [
    content.sha256_of, upgrading.upgrade, lint_revisions, check_range, rows_differing,
]  # fmt: skip


class Held:
    """`seen`: what ran, and the place in the product that ran it while ops was locked."""

    def __init__(self, ops: Path) -> None:
        self._ops, self.asked = ops, 0
        self.seen: set[str] = set()

    def look(self, what: str) -> None:
        self.asked += 1
        with closing(sqlite3.connect(self._ops, timeout=0, isolation_level=None)) as other:
            try:
                other.execute("BEGIN IMMEDIATE")
                other.execute("ROLLBACK")
            except sqlite3.OperationalError:
                self.seen.add(f"{what} from {_place()}")


def _place() -> str:
    frames = [each for each in traceback.extract_stack() if "/portal/" in each.filename]
    return " < ".join(
        f"{each.filename.split('/portal/')[-1]}:{each.name}" for each in reversed(frames[-6:])
    )


@contextmanager
def held_meanwhile(ops: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Held]:
    """Look at the lock as each slow thing begins."""
    held = Held(ops)
    with monkeypatch.context() as patched:
        for owner, name in METHODS:
            _watch(patched, held, owner, name, f"{owner.__name__}.{name}")
        for function in FUNCTIONS:
            for module in list(sys.modules.values()):
                if vars(module).get(function.__name__) is function:
                    _watch(patched, held, module, function.__name__, function.__name__)
        _watch_steps(patched, held)
        yield held


def _watch(patched: pytest.MonkeyPatch, held: Held, owner: Any, name: str, what: str) -> None:
    before = getattr(owner, name)

    @wraps(before)
    def looking(*args: Any, **kwargs: Any) -> Any:
        held.look(what)
        return before(*args, **kwargs)

    patched.setattr(owner, name, looking)


def _watch_steps(patched: pytest.MonkeyPatch, held: Held) -> None:
    step = Progress.step

    def looking(self: Progress, title: str) -> Any:
        held.look(f"step {title!r}")
        return step(self, title)

    patched.setattr(Progress, "step", looking)
