"""The worker's side of the warm process, from which operations are forked without startup time.

No operation ever waits for it: while it starts, has ended, or does not answer in time, the caller
starts a new Python process instead.
"""

import json
import logging
import os
import socket
import subprocess
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from portal.core.configuration.settings import ROOT, Settings
from portal.jobs.processes import adopting_orphans, is_readable
from portal.jobs.worker.adopted import AdoptedChild, end_all, own_children

PATIENCE = 1.0
"""The timeout of a fork, in seconds."""
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
"""Seconds before the next start if the last process never became ready."""
NAMES = {"HOME", "LANG", "LANGUAGE", "PATH", "PSYCOPG_IMPL", "TMPDIR", "TZ", "VIRTUAL_ENV"}
PREFIXES = ("DYLD_", "FAKETIME", "GLIBC_", "LC_", "LD_", "MALLOC_", "OPENSSL_", "PYTHON")
"""Variables that matter when Python starts or loads modules; all others come with the operation."""
UNUSED = (OSError, ValueError, AttributeError)
"""Raised if it does not answer in time, or the system lacks a call."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Started:
    """The process, and its control socket."""

    process: subprocess.Popen[bytes]
    control: socket.socket

    def says_ready(self) -> bool:
        with suppress(OSError):
            return bool(is_readable(self.control, 0) and self.control.recv(16))
        return False

    def end(self) -> None:
        """Kill it immediately: it has no state to lose."""
        self.control.close()
        self.process.kill()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(PATIENCE)


class WarmProcess:
    """The one warm process of this worker. `command` starts it."""

    def __init__(self, command: Sequence[str], settings: Settings) -> None:
        self._command = [*command, str(os.getpid()), *settings_files(settings)]
        self._started: Started | None = None
        self._is_ready = False
        self._pause, self._not_before = FIRST_PAUSE, float("-inf")
        self._using = threading.Lock()

    def maintain(self) -> None:
        """Start one if none is running. Call it in the main thread: the kernel ends it
        with that."""
        with self._using:
            self._check_ready()
            if self._started and self._started.process.poll() is not None:
                self._drop()
            if self._started is None and time.monotonic() >= self._not_before:
                self._start()

    def fork(self, words: Sequence[str], output: int, *, name: str) -> AdoptedChild | None:
        """Fork a process that runs `words` and prints into `output`; None if the caller must start
        one.

        It has this process's environment, and this process is its parent. `ps` shows its `name`.
        """
        with self._using:
            if not self._check_ready() or self._started is None:
                return None
            wish = {"words": list(words), "name": name, "environ": dict(os.environ)}
            try:
                return self._forked(self._started, output, json.dumps(wish).encode())
            except UNUSED as error:
                log.info("The warm process was not used: %s", str(error) or type(error).__name__)
                self._drop()
                return None

    def _forked(self, started: Started, output: int, wish: bytes) -> AdoptedChild:
        """Raises one of UNUSED, and then no forked process is left, running or as a zombie."""
        before = own_children()
        with adopting_orphans():
            try:
                return forked(started.control, output, wish)
            except UNUSED:
                self._drop()
                end_all(group=started.process.pid, besides=before)
                raise

    def end(self) -> None:
        with self._using:
            self._drop()
            self._not_before = float("inf")

    def _start(self) -> None:
        self._not_before = time.monotonic() + self._pause
        self._pause = min(self._pause * 2, LONGEST_PAUSE)
        control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        control.settimeout(PATIENCE)
        try:
            with theirs:
                process = subprocess.Popen(
                    self._command,
                    stdin=theirs.fileno(),
                    stdout=subprocess.DEVNULL,
                    env=bare_environment(),
                    start_new_session=True,
                )
        except OSError as error:
            log.warning("The warm process could not be started: %s", error)
            control.close()
        else:
            self._started = Started(process, control)

    def _check_ready(self) -> bool:
        """Whether it has reported that it is ready."""
        if self._started and not self._is_ready and self._started.says_ready():
            self._is_ready = True
            self._pause, self._not_before = FIRST_PAUSE, float("-inf")
        return self._is_ready

    def _drop(self) -> None:
        if self._started:
            self._started.end()
        self._started, self._is_ready = None, False


def forked(control: socket.socket, output: int, wish: bytes) -> AdoptedChild:
    """Raises one of UNUSED if no process was forked, or none that does anything."""
    ours, theirs = socket.socketpair()
    with ours:
        ours.settimeout(PATIENCE)
        with theirs:
            socket.send_fds(control, [b"fork"], [output, theirs.fileno()])
        with ours.makefile("rb") as lines:
            child = AdoptedChild(int(lines.readline()))
        ours.sendall(wish)
    return child


def settings_files(settings: Settings) -> list[str]:
    """The paths of settings files. Only their metadata is read; they are never opened."""
    folders = {ROOT, Path.cwd()}
    dotenv = [folder / name for folder in folders for name in (".env", ".flaskenv")]
    files = {*dotenv, settings.data / "secret-key", settings.backup_key_file}
    return sorted(str(file) for file in files)


def bare_environment() -> dict[str, str]:
    """The environment that Python needs to start as for an operation, without any settings."""
    needed = {
        name: value
        for name, value in os.environ.items()
        if name in NAMES or name.startswith(PREFIXES)
    }
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    return {**needed, "PYTHONPATH": path}
