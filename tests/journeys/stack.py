"""The whole product as `make run` starts it: both sites and the worker, on a folder of its own."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from tests.house.tree import ROOT
from tests.jobs.conftest import WORK
from tests.support.commands import Ended, Forked, run
from tests.support.commands import start as begin_anew
from tests.support.nursery import ASKED_FOR

START_SECONDS = 60
SITE, WORKER = ("-m", "gunicorn", "wsgi:app"), ("-m", "flask", "jobs", "work")
Started = Forked | subprocess.Popen[bytes]


class Stack:
    """Two sites and a worker over demo data in `data`; a context manager that stops them all.

    `forked`: by a process that has imported everything (see tests/support/commands.py), the
    worker's children too. That they start from nothing is shown by those that are not.
    """

    def __init__(self, data: Path, *, studios: int = 642, forked: bool = False) -> None:
        self.data = data
        self.studios = studios
        self.forked = forked
        self.port = _two_free_ports()
        self.processes: dict[str, Started] = {}

    @property
    def development(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def production(self) -> str:
        return f"http://localhost:{self.port + 1}"

    @property
    def logins(self) -> dict[str, dict[str, str]]:
        return json.loads((self.data / "demo-accounts.json").read_text())

    def environment(self, **more: str) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        return kept | {"PORTAL_DATA": str(self.data), "PORT": str(self.port)} | more

    def flask(self, *words: str) -> Ended:
        return run("flask", *words, env=self.environment())

    def __enter__(self) -> Self:
        self.set_up("portal", "setup", "--demo", "--studios", str(self.studios))
        self.start_all()
        self.wait_for(f"{self.development}/healthz")
        self.wait_for(f"{self.production}/healthz")
        return self

    def set_up(self, *words: str) -> None:
        begin = run if self.forked else begin_anew
        made = begin("flask", *words, env=self.environment())
        assert made.code == 0, made.err

    def start_all(self) -> None:
        self.start("development", PORTAL_ENV="development", PORT=str(self.port))
        self.start("production", PORTAL_ENV="production", PORT=str(self.port + 1))
        self.start("worker")

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for process in self.processes.values():
            process.send_signal(signal.SIGTERM)
        for process in self.processes.values():
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def start(self, name: str, **more: str) -> Started:
        with (self.data / f"{name}.log").open("ab") as log:
            begin = self._fork if self.forked else self._begin
            self.processes[name] = begin(name == "worker", log, **more)
        return self.processes[name]

    def _fork(self, is_worker: bool, log: BinaryIO, **more: str) -> Forked:
        told = {ASKED_FOR: "1", "TESTS_TICK_SECONDS": "1"} if is_worker else more
        words = WORK if is_worker else SITE
        return Forked(*words, env=self.environment(**told), stdout=log, stderr=log)

    def _begin(self, is_worker: bool, log: BinaryIO, **more: str) -> subprocess.Popen[bytes]:
        words = [sys.executable, *(WORKER if is_worker else SITE)]
        env = self.environment(**more)
        return subprocess.Popen(
            words, cwd=ROOT, env=env, stdout=log, stderr=log, stdin=subprocess.DEVNULL
        )

    def wait_for(self, address: str, status: int = 200) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if fetch_status(address) == status:
                return
            time.sleep(0.2)
        raise TimeoutError(f"{address} did not answer {status}; see the logs in {self.data}")


def fetch_status(address: str) -> int | None:
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return None


def _two_free_ports() -> int:
    """A port that is free together with the next one."""
    while True:
        with socket.socket() as first:
            first.bind(("127.0.0.1", 0))
            port = first.getsockname()[1]
            with socket.socket() as second:
                try:
                    second.bind(("127.0.0.1", port + 1))
                except OSError:
                    continue
                return port
