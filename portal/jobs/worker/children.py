"""The worker's child processes, one per operation.

The kernel kills them with the worker, so that no child of a killed worker can commit.
"""

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence

from portal.core.logs.labels import working_on
from portal.jobs.operations.logs import open_log, remove_if_empty
from portal.jobs.worker.adopted import Process
from portal.jobs.worker.warm import WarmProcess

BUSY = 0.05
PYTHON = (sys.executable, "-m")
log = logging.getLogger(__name__)


class Children:
    """The running child processes, by operation id."""

    def __init__(self, command: Sequence[str], warm: WarmProcess) -> None:
        self._command = list(command)
        self._warm = warm
        self._running: dict[int, Process] = {}
        self._changing = threading.Lock()
        self._closed = False

    def ids(self) -> set[int]:
        """Operations whose process was started and whose end is not recorded yet."""
        with self._changing:
            return set(self._running)

    def run(self, operation_id: int) -> int | None:
        """Run one operation and wait. Returns the exit code, or None when no more may start.

        The calling thread must outlive the process: the kernel kills it when the thread ends.
        """
        with self._changing:
            if self._closed or operation_id in self._running:
                return None
            self._running[operation_id] = child = self._start(operation_id)
        with working_on(operation_id):
            log.info("Operation %d is carried out by process %d.", operation_id, child.pid)
        try:
            return child.wait()
        finally:
            remove_if_empty(operation_id)

    def forget(self, operation_id: int) -> None:
        with self._changing:
            self._running.pop(operation_id, None)

    def close(self, *, patience: float, insistence: float) -> None:
        """Let them finish for `patience` seconds, then ask them to stop, then kill them."""
        with self._changing:
            self._closed = True
        self._wait(patience)
        self._signal(signal.SIGTERM)
        self._wait(insistence)
        self._signal(signal.SIGKILL)
        self._wait(insistence)

    def _start(self, operation_id: int) -> Process:
        """Forked from the warm process, or a new Python if that is not ready."""
        words = [*self._command, str(operation_id), "--worker", str(os.getpid())]
        name = f"operation {operation_id}"
        output = open_log(operation_id)
        try:
            return self._warm.fork(words, output, name=name) or subprocess.Popen(
                [*PYTHON, *words],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,  # Ctrl-C reaches only the worker, which decides.
            )
        finally:
            os.close(output)

    def _signal(self, signum: int) -> None:
        with self._changing:
            for child in self._running.values():
                child.send_signal(signum)

    def _wait(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while self.ids() and time.monotonic() < until:
            time.sleep(BUSY)
