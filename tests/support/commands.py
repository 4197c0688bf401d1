"""Programs as a person runs them: in a process of their own, with an environment of their own.

Starting Python and importing everything takes a second or two, so most tests let a process that
has imported it already fork one, which runs the program from its own entry point. `start` is for
the tests that want all of it from the very beginning.
"""

import atexit
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from portal.jobs.processes import is_readable

ROOT = Path(__file__).resolve().parents[2]
ALEMBIC_INI = str(ROOT / "migrations" / "directory" / "alembic.ini")
PIPE, DEVNULL = subprocess.PIPE, subprocess.DEVNULL


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        return (self.out + self.err).strip()

    @property
    def sentence(self) -> str:
        """What the command said when that is one line; asserts that it is."""
        assert "Traceback" not in self.said, self.said
        lines = self.said.splitlines()
        assert len(lines) == 1, self.said
        return lines[0]


class Forked:
    """A program under way, with what tests need of `subprocess.Popen`, text in and out.

    `Forked("flask", "jobs", "work", env=…)`; also `"alembic", …`, `"-m", module, …` and
    `"-c", code, …`. A file given stays the caller's. `user`: numbers of the system user and of its
    groups, the first one its own; root alone may give them.
    """

    def __init__(
        self,
        *words: str,
        env: Mapping[str, str],
        cwd: Path = ROOT,
        stdin: Any = DEVNULL,
        stdout: Any = DEVNULL,
        stderr: Any = DEVNULL,
        start_new_session: bool = False,
        user: tuple[int, ...] = (),
    ) -> None:
        wish = {"words": words, "env": dict(env), "cwd": str(cwd), "session": start_new_session}
        wish["user"] = user
        self.returncode: int | None = None
        self.stdin, self.stdout = None, None
        self._report, theirs = socket.socketpair()
        into, self.stdin = _end(stdin, "w")
        out, self.stdout = _end(stdout, "r")
        err, _ = _end(stderr, "r")
        given = [into, out, err, theirs.fileno()]
        socket.send_fds(_zygote(), [json.dumps(wish).encode()], given)
        theirs.close()
        for file, asked in ((into, stdin), (out, stdout), (err, stderr)):
            if asked in {PIPE, DEVNULL}:
                os.close(file)
        self._reader = self._report.makefile("r")
        self.pid = int(self._reader.readline())

    def poll(self) -> int | None:
        if self.returncode is None and is_readable(self._report, 0):
            self._read_end()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        if self.returncode is None:
            if not is_readable(self._report, -1 if timeout is None else timeout):
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
            self._read_end()
        assert self.returncode is not None
        return self.returncode

    def send_signal(self, signum: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, signum)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def communicate(self, timeout: float | None = None) -> str:
        """What is still to be read of its output, and its end."""
        if self.stdin:
            self.stdin.close()
        said = ""
        if self.stdout:
            said = self.stdout.read()
            self.stdout.close()
        self.wait(timeout)
        return said

    def _read_end(self) -> None:
        self.returncode = int(self._reader.readline())
        self._reader.close()
        self._report.close()


def _end(asked: Any, ours: str) -> tuple[int, Any]:
    """The program's end of one of its files, and ours when it is a pipe."""
    if asked == PIPE:
        read, write = os.pipe()
        theirs, kept = (read, write) if ours == "w" else (write, read)
        return theirs, os.fdopen(kept, ours)
    if asked == DEVNULL:
        return os.open(os.devnull, os.O_RDWR), None
    return asked if isinstance(asked, int) else asked.fileno(), None


def run(*words: str, env: Mapping[str, str], cwd: Path = ROOT, user: tuple[int, ...] = ()) -> Ended:
    """`run("flask", "db", "upgrade", env=…)`, to its end."""
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        code = Forked(*words, env=env, cwd=cwd, stdout=out, stderr=err, user=user).wait()
        for file in (out, err):
            file.seek(0)
        return Ended(code, out.read(), err.read())


def start(*words: str, env: Mapping[str, str], cwd: Path = ROOT) -> Ended:
    """The same in a fresh process, from its very beginning."""
    done = subprocess.run(
        [_program(words[0]), *words[1:]],
        env={"PATH": os.environ["PATH"], **env},
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return Ended(done.returncode, done.stdout, done.stderr)


def _program(name: str) -> str:
    return str(Path(sys.executable).parent / name)


@cache
def _zygote() -> socket.socket:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    words: Sequence[str] = [sys.executable, "-m", "tests.support.zygote", str(theirs.fileno())]
    process = subprocess.Popen(words, cwd=ROOT, pass_fds=[theirs.fileno()])
    theirs.close()
    atexit.register(_stop, process, ours)
    return ours


def _stop(process: "subprocess.Popen[bytes]", wishes: socket.socket) -> None:
    wishes.close()
    process.wait(timeout=10)
