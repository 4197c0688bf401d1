"""The worker's side of the warm process, in which the next operation starts at once.

No operation ever waits for it: while it starts, has ended, or does not answer in time, the caller
starts a new Python as if there were none.
"""

import json
import logging
import os
import select
import socket
import subprocess
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from portal.core.settings import ROOT, Settings
from portal.jobs.adopted import Adopted
from portal.jobs.processes import adopting_orphans

PATIENCE = 1.0
"""Seconds within which it must have forked."""
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
"""Seconds before the next one is started where the last never became ready."""
NAMES = {"HOME", "LANG", "LANGUAGE", "PATH", "TMPDIR", "TZ", "VIRTUAL_ENV"}
PREFIXES = ("DYLD_", "FAKETIME", "GLIBC_", "LC_", "LD_", "MALLOC_", "OPENSSL_", "PYTHON")
"""Variables that count when Python starts; all others come with the operation."""

log = logging.getLogger(__name__)


class Warm:
    """The one warm process of this worker. `command` starts it."""

    def __init__(self, command: Sequence[str], settings: Settings) -> None:
        self._command = [*command, str(os.getpid()), *settings_files(settings)]
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._is_ready = False
        self._pause, self._not_before = FIRST_PAUSE, float("-inf")
        self._using = threading.Lock()

    def tend(self) -> None:
        """Start one where there is none. In the main thread: the kernel ends it with that."""
        with self._using:
            self._hear()
            if self._process and self._process.poll() is not None:
                self._drop()
            if self._process is None and time.monotonic() >= self._not_before:
                self._start()

    def fork(self, words: Sequence[str], output: int) -> Adopted | None:
        """A new process that does what `words` say and prints into `output`; None: do it yourself.

        It has this process's environment, and this process is its parent.
        """
        with self._using:
            if not self._hear():
                return None
            try:
                return self._forked(words, output)
            except (OSError, ValueError) as error:
                log.info("The warm process was not used: %s", error or type(error).__name__)
                self._drop()
                return None

    def end(self) -> None:
        with self._using:
            self._drop()
            self._not_before = float("inf")

    def _start(self) -> None:
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._control.settimeout(PATIENCE)
        self._not_before = time.monotonic() + self._pause
        self._pause = min(self._pause * 2, LONGEST_PAUSE)
        with theirs:
            self._process = subprocess.Popen(
                self._command,
                stdin=theirs,
                stdout=subprocess.DEVNULL,
                env=bare_environment(),
                start_new_session=True,
            )

    def _hear(self) -> bool:
        """Whether it has said that it is ready."""
        if self._control and not self._is_ready and select.select([self._control], [], [], 0)[0]:
            self._is_ready = self._control.recv(16) == b"ready"
            if self._is_ready:
                self._pause, self._not_before = FIRST_PAUSE, float("-inf")
        return self._is_ready

    def _forked(self, words: Sequence[str], output: int) -> Adopted:
        assert self._control
        ours, theirs = socket.socketpair()
        with ours, adopting_orphans():
            ours.settimeout(PATIENCE)
            with theirs:
                socket.send_fds(self._control, [b"fork"], [output, theirs.fileno()])
            child = Adopted(_number_on(ours))
            wish = {"words": list(words), "environ": dict(os.environ)}
            ours.sendall(json.dumps(wish).encode())
        return child

    def _drop(self) -> None:
        """End it at once; it holds nothing that could be lost."""
        if self._control:
            self._control.close()
        if self._process:
            self._process.kill()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(PATIENCE)
        self._process, self._control, self._is_ready = None, None, False


def settings_files(settings: Settings) -> list[str]:
    """Where settings stand on the disk. They are looked at from outside, never opened."""
    beside = [Path(folder) / name for folder in (ROOT, Path.cwd()) for name in (".env", ".flaskenv")]
    files = {*beside, settings.data / "secret-key", settings.backup_key_file}
    return sorted(str(file) for file in files)


def bare_environment() -> dict[str, str]:
    """What Python needs of the environment to start as it would for an operation: no setting."""
    needed = {
        name: value
        for name, value in os.environ.items()
        if name in NAMES or name.startswith(PREFIXES)
    }
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    return {**needed, "PYTHONPATH": path}


def _number_on(line: socket.socket) -> int:
    """The process id, once its line is whole. Raises OSError or ValueError when none comes."""
    with line.makefile("rb") as lines:
        return int(lines.readline())
