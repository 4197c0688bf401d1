"""`make run` at a terminal: one at a time, Ctrl-C at any moment, and a worker that ends alone."""

import os
import pty
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from portal.jobs.processes import is_readable
from tests.journeys.stack import _two_free_ports, fetch_status
from tests.support.commands import ROOT

MAKE = ("make", "--old-file=.venv/run")
RUNNING = "Ctrl-C stops everything."
MOMENTS = [0.0, 0.03, 0.06, 0.1, 0.2, 0.4, 0.8, 1.2, 2.0, 3.0, 4.5, 6.0, 8.0]


class Terminal:
    """A person at a terminal who types this."""

    def __init__(self, *words: str, data: Path) -> None:
        self.said = ""
        self.pid, self._screen = pty.fork()
        if self.pid == 0:
            os.chdir(ROOT)
            os.environ["PORTAL_DATA"] = str(data)
            os.execvp(words[0], words)
        while psutil.Process(self.pid).cmdline()[:1] != [words[0]]:
            time.sleep(0.001)  # until then a signal would reach what becomes it

    def read(self, seconds: float, *, until: str | None = None) -> str:
        """What is on the screen after so long, or once it shows this."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and not (until and until in self.said):
            if not is_readable(self._screen, 0.05):
                continue
            try:
                self.said += os.read(self._screen, 65536).decode()
            except OSError:
                break
        return self.said

    def press_ctrl_c(self) -> None:
        with suppress(OSError):
            os.write(self._screen, b"\x03")

    def ended(self, within: float = 30) -> int:
        """Its exit code; the screen is read to its end."""
        end = time.monotonic() + within
        while (found := os.waitpid(self.pid, os.WNOHANG))[0] == 0:
            assert time.monotonic() < end, self.said
            self.read(0.1)
        self.read(0.2)
        os.close(self._screen)
        return os.waitstatus_to_exitcode(found[1])


def make_run(data: Path, port: int) -> Terminal:
    return Terminal(*MAKE, "run", f"PORT={port}", data=data)


@pytest.fixture
def port() -> int:
    return _two_free_ports()


def processes_on(data: Path) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.environ().get("PORTAL_DATA") == str(data):
                found.append(process)
    return found


def workers(data: Path) -> list[int]:
    found = []
    for process in processes_on(data):
        with suppress(psutil.Error):
            if process.cmdline()[-2:] == ["jobs", "work"]:
                found.append(process.pid)
    return found


def eventually(what: object, within: float = 20) -> bool:
    end = time.monotonic() + within
    while not what() and time.monotonic() < end:  # type: ignore[operator]
        time.sleep(0.2)
    return bool(what())  # type: ignore[operator]


def all_gone(data: Path) -> bool:
    return eventually(lambda: not processes_on(data))


@pytest.fixture
def running(tmp_path: Path, port: int) -> Terminal:
    terminal = make_run(tmp_path / "data", port)
    assert RUNNING in terminal.read(120, until=RUNNING)
    return terminal


@pytest.fixture(autouse=True)
def nothing_stays(tmp_path: Path) -> Iterator[None]:
    yield
    for process in processes_on(tmp_path / "data"):
        process.terminate()


def test_it_runs_once_is_looked_after_and_ends(running: Terminal, tmp_path: Path, port: int):
    data = tmp_path / "data"
    assert fetch_status(f"http://localhost:{port}/healthz") == 200
    assert fetch_status(f"http://localhost:{port + 1}/healthz") == 200

    second = make_run(data, port + 10)
    assert second.ended() == 0
    assert second.said.strip() == (
        f"It runs already: http://localhost:{port}/ops. Ctrl-C stops it, where it runs."
    )

    (worker,) = workers(data)
    os.kill(worker, signal.SIGKILL)
    said = running.read(20, until="started again.")
    assert "The worker ended (killed by signal 9), and is started again." in said
    assert eventually(lambda: set(workers(data)) - {worker})

    running.press_ctrl_c()
    running.ended()
    assert "Traceback" not in running.said
    assert all_gone(data)


def test_when_its_own_process_is_killed_nothing_is_left(running: Terminal, tmp_path: Path):
    below = psutil.Process(running.pid).children(recursive=True)
    next(each for each in below if each.cmdline()[1:2] == ["tools/run.py"]).kill()
    running.ended()
    assert all_gone(tmp_path / "data")


@pytest.mark.parametrize("seconds", MOMENTS)
def test_ctrl_c_at_any_moment_prints_no_traceback(tmp_path: Path, port: int, seconds: float):
    terminal = make_run(tmp_path / "data", port)
    terminal.read(seconds)
    terminal.press_ctrl_c()
    terminal.ended()
    assert not re.search("Traceback|KeyboardInterrupt|Aborted", terminal.said), terminal.said
    assert all_gone(tmp_path / "data")


@pytest.mark.parametrize("seconds", [0.0, 0.02, 0.05, 0.1, 0.3])
def test_ctrl_c_while_it_installs_prints_no_traceback(tmp_path: Path, seconds: float):
    """The same shell command, of a program that takes as long as anybody likes."""
    words = ["make", "--always-make", "--dry-run", ".venv/run"]
    lines = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    (line,) = [each for each in lines.splitlines() if "tools/pins.py check run" in each]
    program = "import time\nwhile True: time.sleep(0.01)"
    slow = line.replace(".venv/bin/python tools/pins.py check run", f"python -c '{program}'")
    terminal = Terminal("sh", "-c", slow, data=tmp_path)
    terminal.read(seconds)
    terminal.press_ctrl_c()
    assert terminal.ended() != 0
    assert "Traceback" not in terminal.said


def test_a_taken_port_is_said_once_before_anything_runs(tmp_path: Path, port: int):
    for taken in (port, port + 1):
        with socket.create_server(("127.0.0.1", taken)):
            terminal = make_run(tmp_path / "data", port)
            assert terminal.ended() == 2
        first, *rest = terminal.said.strip().splitlines()
        assert first.startswith(f"Port {taken} is taken. Choose another one")
        assert all(line.startswith("make: ***") for line in rest)
        assert all_gone(tmp_path / "data")
