"""Servers that a benchmark starts on free ports and ends: the product, started as in its guide, and
a bare Flask application that returns the same bytes."""

import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[1]
WORKERS, THREADS = 2, 8
BARE = [
    *(sys.executable, "-m", "gunicorn", "--worker-class", "gthread", "--config", "/dev/null"),
    *("--workers", str(WORKERS), "--threads", str(THREADS), "bench.bare_flask:app"),
]
PATIENCE = 120.0


@dataclass(frozen=True)
class Server:
    """A process with its children, and its port."""

    process: "subprocess.Popen[bytes]"
    port: int
    log: Path

    def processes(self) -> list[psutil.Process]:
        try:
            first = psutil.Process(self.process.pid)
            return [first, *first.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def processor(self) -> float:
        """Processor seconds of the process and its children so far."""
        taken = 0.0
        for each in self.processes():
            with suppress(psutil.NoSuchProcess):
                times = each.cpu_times()
                taken += times.user + times.system
        return taken

    def memory(self) -> dict[int, int]:
        """Resident memory in bytes of each serving process, by pid."""
        found = {}
        for each in self.processes()[1:]:
            with suppress(psutil.NoSuchProcess):
                found[each.pid] = each.memory_info().rss
        return found


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@contextmanager
def started(
    words: Sequence[str],
    env: Mapping[str, str],
    folder: Path,
    *,
    asks: str | None = "/healthz",
    port: int | None = None,
) -> Iterator[Server]:
    """Running until the end of the block, and ready at its beginning. Its output goes to a log.

    `port`: if it is not set by PORT; `asks`: the path of the readiness check, None to skip it.
    """
    port = port or free_port()
    log = folder / f"process-{port}.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            words, cwd=ROOT, env=environment({"PORT": str(port), **env}), stdout=out, stderr=out
        )
    server = Server(process, port, log)
    try:
        if asks:
            wait_for(server, asks)
        yield server
    finally:
        end(server)


def environment(more: Mapping[str, str]) -> dict[str, str]:
    """The variables of this process and these, with its programs first in PATH."""
    programs = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    ours = {name: value for name, value in os.environ.items() if not name.startswith("PORTAL_")}
    return {**ours, "PATH": programs, "PYTHONPATH": str(ROOT), **more}


def wait_for(server: Server, path: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        with suppress(OSError), socket.create_connection(("127.0.0.1", server.port), 5) as asked:
            asked.sendall(f"GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode())
            if asked.recv(64).startswith(b"HTTP/"):
                return
        if server.process.poll() is not None or time.monotonic() > deadline:
            raise SystemExit(f"This server does not answer: {server.log.read_text()[-2000:]}")
        time.sleep(0.05)


def end(server: Server) -> None:
    """Including all of its processes."""
    family = server.processes()
    for wanted, patience in ((signal.SIGTERM, 15), (signal.SIGKILL, 5)):
        with suppress(ProcessLookupError):
            server.process.send_signal(wanted)
        with suppress(subprocess.TimeoutExpired):
            server.process.wait(timeout=patience)
            break
    for each in psutil.wait_procs(family, timeout=5)[1]:
        with suppress(psutil.NoSuchProcess):
            each.kill()


def guide_command(environment: str = "development") -> tuple[list[str], dict[str, str]]:
    """The command of docs/operator.md that starts a site: the words, and the variables
    before them."""
    guide = (ROOT / "docs" / "operator.md").read_text(encoding="utf-8")
    found = re.search(rf"^\| a site.*?`(PORTAL_ENV={environment} [^`]+)`", guide, re.MULTILINE)
    if found is None:
        raise SystemExit("docs/operator.md names no command that starts a site.")
    words = shlex.split(found[1])
    named = [word for word in words if re.match(r"[A-Z_]+=", word)]
    return words[len(named) :], dict(each.split("=", 1) for each in named)


@contextmanager
def product(env: Mapping[str, str], folder: Path, **more: str) -> Iterator[Server]:
    """One site as started by the guide, with two processes."""
    words, named = guide_command()
    every = {**env, **named, "WEB_CONCURRENCY": str(WORKERS), **more}
    with started(words, every, folder) as server:
        yield server


@contextmanager
def bare_flask(answers: Path, folder: Path) -> Iterator[Server]:
    """Bare Flask that returns the responses of this file, see `bench.bare_flask`."""
    port = free_port()
    words = [*BARE, "--bind", f"127.0.0.1:{port}", "--log-level", "warning"]
    with started(words, {"BENCH_ANSWERS": str(answers)}, folder, asks="/", port=port) as server:
        yield server


def set_up_demo(env: Mapping[str, str], studios: int = 642) -> None:
    """What `make run` does before it serves, and its worker in the first seconds."""
    words = [sys.executable, "-m", "flask", "portal", "setup", "--demo", "--studios", str(studios)]
    done = subprocess.run(
        words, cwd=ROOT, env=environment(env), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"The demo could not be set up: {done.stderr[-2000:]}{done.stdout[-500:]}")
    words = [sys.executable, "-m", "bench.kept_figures"]
    subprocess.run(words, cwd=ROOT, env=environment(env), check=True)


def sessions(env: Mapping[str, str], **people: int) -> dict[str, list[dict[str, str]]]:
    """Logged-in accounts by role: cookie, email and password; see `bench.people`."""
    words = [sys.executable, "-m", "bench.people", json.dumps(people)]
    done = subprocess.run(
        words, cwd=ROOT, env=environment(env), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"Nobody could be logged in: {done.stderr[-2000:]}")
    return dict(json.loads(done.stdout.splitlines()[-1]))
