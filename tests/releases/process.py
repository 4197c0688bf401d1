"""Run the old release as a process of its own, as a server that nobody updated would."""

import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from portal.core.configuration.settings import ROOT
from tests.support.commands import PIPE, Forked

OLD = ("-m", "tests.releases.legacy")
Started = Forked | subprocess.Popen[str]


@dataclass
class LegacyProcess:
    process: Started
    port: int

    def get(self, path: str = "/") -> tuple[int, str]:
        return self._answer(urllib.request.Request(f"http://127.0.0.1:{self.port}{path}"))

    def post(self, path: str) -> int:
        address = f"http://127.0.0.1:{self.port}{path}"
        return self._answer(urllib.request.Request(address, method="POST"))[0]

    def kill(self) -> None:
        """As a machine that loses its power: the lease is not given back."""
        self.process.kill()
        self.process.wait(10)

    def _answer(self, request: urllib.request.Request) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()


def _start(env: dict[str, str]) -> Started:
    """Forked, but where the loader has something to do, as for a wrong clock."""
    if "LD_PRELOAD" not in env:
        return Forked(*OLD, env=env, stdout=PIPE)
    return subprocess.Popen(
        [sys.executable, *OLD],
        cwd=ROOT,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        preexec_fn=hear_interrupts,  # noqa: PLW1509 — no threads here
    )


def hear_interrupts() -> None:
    """Whoever starts the tests in the background has SIGINT ignored, and children inherit that."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@contextmanager
def legacy_release(data: Path, *, env: str = "production", **more: str) -> Iterator[LegacyProcess]:
    """Serves while the block runs. `more`: further settings, such as OPS_DATABASE_URL."""
    told = {"PORTAL_ENV": env, "PORTAL_DATA": str(data), "PORT": "0"}
    process = _start({**os.environ, **told, "BASE_URL": "http://localhost", **more})
    try:
        assert process.stdout
        port = re.search(r"port (\d+)", process.stdout.readline())
        assert port, "The old release did not start."
        yield LegacyProcess(process, int(port[1]))
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=15)
