"""A child that another process forked and the kernel gave to this one."""

import os
import signal
import weakref
from collections.abc import Set
from contextlib import suppress
from pathlib import Path
from typing import Protocol


class Process(Protocol):
    """What the worker needs of a child, however it was started."""

    @property
    def pid(self) -> int: ...

    def wait(self) -> int:
        """Its exit code, or minus the signal that killed it."""

    def send_signal(self, signum: int, /) -> None:
        """Harmless when it has ended."""


def own_children() -> set[int]:
    """The processes that this one must wait for, ended ones included; none without /proc."""
    found: set[int] = set()
    for file in Path("/proc/self/task").glob("*/children"):
        with suppress(OSError):  # a thread that ended meanwhile
            found.update(map(int, file.read_text().split()))
    return found


def end_all(children: Set[int], *, group: int) -> None:
    """Kill those of them that are of that group, and wait for them."""
    for pid in children:
        with suppress(ProcessLookupError, ChildProcessError):
            if os.getpgid(pid) == group:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)


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
