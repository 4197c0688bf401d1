"""What `make run` does: sets the demo up, starts what the Procfile names, and keeps it running.

    python tools/run.py PORT

Ctrl-C ends all of it. A process that ends alone is started again. A second one with the same
PORTAL_DATA says where the first one runs, and ends. The processes log to PORTAL_DATA/run.log.
"""

import ctypes
import fcntl
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("PORTAL_DATA") or ROOT / "instance").resolve()
HOST = os.environ.get("HOST") or "127.0.0.1"
LOG, LOGINS = DATA / "run.log", DATA / "demo-accounts.json"
LAST_LINES = 15
LOOK = 0.1
START_SECONDS, END_SECONDS = 90.0, 10.0
FIRST_PAUSE, LONGEST_PAUSE, STEADY = 1.0, 30.0, 60.0
"""Seconds until one that ended is started again, and for how long one runs that has recovered."""
PR_SET_PDEATHSIG = 1

asked_to_end: list[int] = []
"""The signals that came so far."""


class Ending(Exception):
    """Somebody asked for the end."""


class Child:
    """One line of the Procfile, and the process that carries it out."""

    def __init__(self, name: str, command: str, port: int | None) -> None:
        self.name, self.command, self.port = name, command, port
        self.pause, self.not_before = FIRST_PAUSE, 0.0
        self.begin()

    def begin(self) -> None:
        self.process, self.since = logged(["sh", "-c", self.command]), time.monotonic()

    def is_ready(self) -> bool:
        return answers(self.port) if self.port else is_locked(DATA / "worker.lock")

    def look_after(self) -> None:
        """Start it again if it has ended: at once, and later each time if it does so again."""
        if self.process is not None and (code := self.process.poll()) is not None:
            if time.monotonic() - self.since > STEADY:
                self.pause = FIRST_PAUSE
            say(f"{self.title} ended ({ended_by(code)}), and is started again.")
            self.process, self.not_before = None, time.monotonic() + self.pause
            self.pause = min(self.pause * 2, LONGEST_PAUSE)
        if self.process is None and time.monotonic() >= self.not_before:
            self.begin()

    @property
    def title(self) -> str:
        return f"The {self.name} site" if self.port else f"The {self.name}"


def main(port: str) -> int:
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(signum, lambda number, _frame: asked_to_end.append(number))
    ports = two_ports(port)
    with alone(ports[0]), suppress(Ending):
        require_free(ports)
        is_new = not LOGINS.exists()
        if code := set_up(is_new=is_new):
            return code
        require_free(ports)
        return serve(ports, is_new=is_new)
    return 0


def serve(ports: Sequence[int], *, is_new: bool) -> int:
    os.environ["SITE_PORT"], os.environ["PRODUCTION_SITE_PORT"] = map(str, ports)
    children: list[Child] = []
    begin_log()
    say(f"Starting two sites and the worker, which log to {LOG}")
    try:
        for name, command in procfile():
            places = {"development": ports[0], "production": ports[1]}
            children.append(Child(name, command, places.get(name)))
        if failed := wait_until_ready(children):
            say(f"{failed}. Everything is stopped. The end of {LOG}:")
            say("".join(last_lines()))
            return 1
        wait_for(started(["flask", "portal", "addresses", *(["--logins"] if is_new else [])]))
        while True:
            for child in children:
                child.look_after()
            pause()
    finally:
        end([child.process for child in children if child.process])


def wait_until_ready(children: Sequence[Child]) -> str | None:
    """Why not, if one ends or is never ready: what it printed itself says more."""
    until, waiting = time.monotonic() + START_SECONDS, list(children)
    while waiting and time.monotonic() < until:
        for child in children:
            if child.process and (code := child.process.poll()) is not None:
                return f"{child.title} could not start ({ended_by(code)})"
        waiting = [child for child in waiting if not child.is_ready()]
        pause()
    return f"{waiting[0].title} does not answer" if waiting else None


def set_up(*, is_new: bool) -> int:
    """The logins are shown at the end, with the addresses."""
    say(f"Making a demo in {DATA}: about 20 seconds" if is_new else f"Using the demo in {DATA}")
    return wait_for(started(["flask", "portal", "setup", "--demo", "--hide-logins"]))


def begin_log() -> None:
    """Keep the one of the last time beside it."""
    if LOG.exists():
        LOG.replace(LOG.with_suffix(".log.1"))
    os.close(os.open(LOG, os.O_WRONLY | os.O_CREAT, 0o600))


def last_lines() -> list[str]:
    return LOG.read_text(errors="replace").splitlines(keepends=True)[-LAST_LINES:]


def procfile() -> Iterator[tuple[str, str]]:
    for line in (ROOT / "Procfile").read_text().splitlines():
        name, colon, command = line.partition(":")
        if colon and not name.startswith("#"):
            yield name.strip(), command.strip()


def two_ports(text: str) -> tuple[int, int]:
    if not text.isdecimal() or not 0 < int(text) < 65535:
        stop(f"PORT is “{text}”; it must be a number from 1 to 65534. The next one is used, too.")
    return int(text), int(text) + 1


@contextmanager
def alone(port: int) -> Iterator[None]:
    """Hold the lock of this PORTAL_DATA, which the kernel releases whatever happens."""
    DATA.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(DATA / "run.lock", os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "r+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            there = file.read().strip() or "?"
            say(f"It runs already: http://localhost:{there}/ops. Ctrl-C stops it, where it runs.")
            raise SystemExit(0) from None
        file.truncate()
        file.write(f"{port}\n")
        file.flush()
        if is_locked(DATA / "worker.lock"):
            stop(f"A worker runs already on the data in {DATA}. End it first.")
        yield


def require_free(ports: Sequence[int]) -> None:
    for port in ports:
        if not is_free(port):
            stop(f"Port {port} is taken. Choose another one, with the next: make run PORT=8100")


def is_free(port: int) -> bool:
    """Whether a site could listen there now."""
    family, kind, protocol, _, address = socket.getaddrinfo(HOST, port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind, protocol) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with suppress(OSError):
            listener.bind(address)
            return True
    return False


def answers(port: int) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=1)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def is_locked(path: Path) -> bool:
    """Whether a process holds the file's lock."""
    try:
        file = path.open()
    except OSError:
        return False
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def logged(words: Sequence[str]) -> "subprocess.Popen[bytes]":
    """As `started`; what it says is in the log."""
    with LOG.open("ab") as log:
        return started(words, log.fileno())


def started(words: Sequence[str], output: int | None = None) -> "subprocess.Popen[bytes]":
    """In a session of its own: Ctrl-C reaches this process alone, which ends the others."""
    return subprocess.Popen(
        words,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        start_new_session=True,
        preexec_fn=ends_with_parent(os.getpid()),  # noqa: PLW1509 — there are no threads
    )


def ends_with_parent(parent: int) -> object:
    """Have the kernel end the new process with this one, however that ends (Linux only)."""
    libc = ctypes.CDLL(None)

    def prepare() -> None:
        if hasattr(libc, "prctl"):
            libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
            if os.getppid() != parent:
                os._exit(1)

    return prepare


def wait_for(process: "subprocess.Popen[bytes]") -> int:
    """Its exit code. Raises Ending, and ends it, if that is asked for before."""
    try:
        while (code := process.poll()) is None:
            pause()
    finally:
        end([process])
    return code


def end(processes: Sequence["subprocess.Popen[bytes]"]) -> None:
    """Ask them to end, and kill them if they take too long or somebody insists."""
    for process in processes:
        process.terminate()
    until, asked = time.monotonic() + END_SECONDS, len(asked_to_end)
    while any(process.poll() is None for process in processes):
        if time.monotonic() > until or len(asked_to_end) > asked:
            for process in processes:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
        time.sleep(LOOK)


def pause() -> None:
    """Raises Ending once a signal has asked for it."""
    if asked_to_end:
        raise Ending
    time.sleep(LOOK)


def ended_by(code: int) -> str:
    return f"killed by signal {-code}" if code < 0 else f"exit code {code}"


def say(sentence: str) -> None:
    print(sentence, flush=True)


def stop(sentence: str) -> NoReturn:
    print(sentence, file=sys.stderr, flush=True)
    raise SystemExit(1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
