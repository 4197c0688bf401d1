"""Moments at which a process is stopped or killed, seen from outside the product.

A moment is `lock` (about to ask for the writer's lock), `statement:N` (the N-th statement under
it, reads included), `commit` (all is written, COMMIT comes next), `committed` (the first
statement anywhere after it) or `call:MODULE:FUNCTION` (as that is about to be called).
"""

import importlib
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, event

Act = Callable[[], None]
LOCK = ("BEGIN IMMEDIATE", "SET LOCAL lock_timeout")  # the first statement under it
LAST_WRITE = "UPDATE alembic_version"


def kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def wait_in(folder: Path) -> Act:
    """Say that the moment has come, once, and wait until a test lets it pass."""

    def wait() -> None:
        if not (folder / "reached").exists():
            (folder / "coming").write_text(str(os.getpid()))
            (folder / "coming").rename(folder / "reached")
            while not (folder / "go").exists():
                time.sleep(0.02)

    return wait


def wait_until(file: Path, *, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not file.exists():
        assert time.monotonic() < end, f"{file.name} never came"
        time.sleep(0.02)


def arm(moment: str, act: Act, *, file: str) -> None:
    """Have this process act when the moment comes on the database of that file name."""
    if moment.startswith("call:"):
        arm_call(*moment.split(":")[1:], act)
    else:
        watcher = Watcher(moment, act, file)
        event.listen(Engine, "before_cursor_execute", watcher.statement)
        event.listen(Engine, "commit", watcher.commit)


def arm_call(module: str, name: str, act: Act) -> None:
    where = importlib.import_module(module)
    function = getattr(where, name)

    def acting(*given: Any, **more: Any) -> Any:
        act()
        return function(*given, **more)

    setattr(where, name, acting)


class Watcher:
    def __init__(self, moment: str, act: Act, file: str) -> None:
        self.moment, self.act, self.file = moment, act, file
        self.seen, self.locked, self.committed = 0, False, False
        self.writer: Connection | None = None
        """Others commit meanwhile as well, such as whoever renews a lease beside the target."""

    def statement(self, connection: Connection, _cursor: Any, statement: str, *_more: Any) -> None:
        if self.committed and self.moment == "committed":
            self.act()
        if not self._is_ours(connection):
            return
        if statement.startswith(LOCK) and self.moment == "lock":
            self.act()
        self.locked |= statement.startswith(LOCK)
        self.seen += self.locked
        if statement.startswith(LAST_WRITE):
            self.writer = connection
        if self.moment == f"statement:{self.seen}":
            self.act()

    def commit(self, connection: Connection) -> None:
        if connection is self.writer:
            if self.moment == "commit":
                self.act()
            self.committed = True

    def _is_ours(self, connection: Connection) -> bool:
        return self.file in str(connection.engine.url.database)
