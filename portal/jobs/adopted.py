"""A child that another process forked and the kernel gave to this one."""

import os
import signal
import weakref
from contextlib import suppress
from typing import Protocol


class Process(Protocol):
    """What the worker needs of a child, however it was started."""

    @property
    def pid(self) -> int: ...

    def wait(self) -> int:
        """Its exit code, or minus the signal that killed it."""

    def send_signal(self, signum: int, /) -> None:
        """Harmless when it has ended."""


class Adopted:
    """By its file descriptor, so that no signal ever reaches another process of that number."""

    def __init__(self, pid: int) -> None:
        """Raises OSError where it is no child of this process."""
        self.pid = pid
        self._file = os.pidfd_open(pid)
        weakref.finalize(self, os.close, self._file)
        os.waitid(os.P_PIDFD, self._file, os.WEXITED | os.WNOHANG | os.WNOWAIT)

    def wait(self) -> int:
        while (ended := os.waitid(os.P_PIDFD, self._file, os.WEXITED)) is None:
            pass  # never so without WNOHANG
        is_exit = ended.si_code == os.CLD_EXITED
        return ended.si_status if is_exit else -ended.si_status

    def send_signal(self, signum: int, /) -> None:
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._file, signum)
