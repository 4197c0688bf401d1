"""A real worker on the test's own data, and ways to end it."""

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from flask import Flask

import tests.jobs.sample  # noqa: F401 — registers its jobs
from portal.audit.actor import NamedActor
from portal.core.configuration.settings import Settings
from portal.core.storage.database import db, reading
from portal.jobs.leases.workers import worker_is_alive
from portal.jobs.models import Operation
from portal.jobs.operations.service import request_operation
from portal.warm import WAITING
from tests.support.commands import Forked
from tests.support.nursery import ASKED_FOR

WORK = ("flask", "--app", "tests.jobs.app", "jobs", "work")


@pytest.fixture
def omar() -> NamedActor:
    return NamedActor(id=2, name="omar", role="ops")


def eventually(what: Callable[[], object], *, within: float = 60) -> None:
    """Wait until something is true; fails the test when it does not become so.

    Each look is a transaction of its own that locks nobody out.
    """
    until = time.monotonic() + within
    while not _look(what):
        assert time.monotonic() < until, "This did not come true in time."
        time.sleep(0.03)


def _look(what: Callable[[], object]) -> bool:
    db.session.rollback()
    with reading():
        seen = bool(what())
        db.session.rollback()
    return seen


class WorkerProcess:
    """`flask jobs work` as people run it; its children are forked unless it is `from_scratch`."""

    def __init__(self, settings: Settings, *, from_scratch: bool = False) -> None:
        self.settings = settings
        self.from_scratch = from_scratch
        self.secret_key = "for tests"
        self.log = settings.data / "worker.log"
        self.process: Forked | None = None

    @property
    def pid(self) -> int:
        assert self.process
        return self.process.pid

    def start(self) -> "WorkerProcess":
        own = {"PORTAL_DATA": str(self.settings.data), "SECRET_KEY": self.secret_key}
        env = {**os.environ, **own}
        if not self.from_scratch:
            env[ASKED_FOR] = "1"
        with self.log.open("ab") as log:
            self.process = Forked(*WORK, env=env, stdout=log, stderr=log)
        return self

    def ready(self) -> "WorkerProcess":
        eventually(worker_is_alive)
        return self

    def warm(self, *, besides: psutil.Process | None = None) -> psutil.Process:
        """Its warm process, once that waits for an operation; `besides` is one that has ended."""
        found: list[psutil.Process] = []

        def look() -> bool:
            found[:] = [each for each in self._waiting() if each != besides]
            return bool(found)

        eventually(look)
        return found[0]

    def _waiting(self) -> list[psutil.Process]:
        """A process just forked has its name for a moment, but never leads a session with it."""
        named = children_called(WAITING, self.pid)
        return [each for each in named if each.is_running() and os.getsid(each.pid) == each.pid]

    def kill(self) -> None:
        self.end(signal.SIGKILL)

    def end(self, signum: int = signal.SIGTERM) -> int:
        assert self.process
        self.process.send_signal(signum)
        return self.process.wait(timeout=30)


def children_called(name: str, pid: int) -> list[psutil.Process]:
    """Of a process, those with this name now."""
    found = []
    for number in children_of(pid):
        with contextlib.suppress(OSError, psutil.NoSuchProcess):
            if Path(f"/proc/{number}/comm").read_text().strip() == name:
                child = psutil.Process(number)
                if child.status() != psutil.STATUS_ZOMBIE:
                    found.append(child)
    return found


def children_of(pid: int) -> set[int]:
    """Asked of that process alone, not of all that run on this machine."""
    found: set[int] = set()
    for file in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            found.update(map(int, file.read_text().split()))
    return found


@pytest.fixture
def worker(app: Flask, settings: Settings) -> Iterator[WorkerProcess]:
    """A worker that is started by the test; ended after it."""
    worker = WorkerProcess(settings)
    yield worker
    if worker.process and worker.process.poll() is None:
        worker.kill()


@pytest.fixture
def whole_worker(app: Flask, settings: Settings) -> Iterator[WorkerProcess]:
    """The same, whose children are new Pythons, as in earnest."""
    worker = WorkerProcess(settings, from_scratch=True)
    yield worker
    if worker.process and worker.process.poll() is None:
        worker.kill()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where a sample job leaves its marks and waits for its gates."""
    (tmp_path / "marks").mkdir()
    return tmp_path / "marks"


def ask(kind: str, omar: NamedActor, **arguments: object) -> Operation:
    operation = request_operation(kind, by=omar, target="development", arguments=arguments)
    db.session.commit()
    return operation


def wait_for_end(operation: Operation, *, within: float = 60) -> Operation:
    eventually(lambda: operation.is_finished, within=within)
    return operation


def pid_in(folder: Path) -> int:
    """The process of the sample job that has started there."""
    with contextlib.suppress(AssertionError):
        eventually((folder / "started").exists)
    eventually((folder / "started").read_text)
    return int((folder / "started").read_text())
