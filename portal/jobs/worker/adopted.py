"""A child that another process forked and the kernel reparented to this one."""

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
        """Does nothing if it has ended."""


def own_children() -> set[int]:
    """This process's children, including zombies; empty without /proc."""
    found: set[int] = set()
    for file in Path("/proc/self/task").glob("*/children"):
        with suppress(OSError):  # a thread that ended meanwhile
            found.update(map(int, file.read_text().split()))
    return found


def end_all(*, group: int, besides: Set[int]) -> None:
    """Kill this process's children of that process group, and wait for them.

    One that is killed may have forked meanwhile; its child then becomes one of this process.
    """
    while found := [pid for pid in own_children() - besides if _is_of(group, pid)]:
        for pid in found:
            with suppress(ProcessLookupError, ChildProcessError):
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)


def _is_of(group: int, pid: int) -> bool:
    with suppress(ProcessLookupError):
        return os.getpgid(pid) == group
    return False


class AdoptedChild:
    """A child by its pidfd, so that no signal can reach another process with a reused pid."""

    def __init__(self, pid: int) -> None:
        """Raises OSError if it is not a child of this process."""
        self.pid = pid
        self._file = os.pidfd_open(pid)
        weakref.finalize(self, os.close, self._file)
        os.waitid(os.P_PIDFD, self._file, os.WEXITED | os.WNOHANG | os.WNOWAIT)

    def wait(self) -> int:
        while (ended := os.waitid(os.P_PIDFD, self._file, os.WEXITED)) is None:
            pass  # only possible with WNOHANG
        is_exit = ended.si_code == os.CLD_EXITED
        return ended.si_status if is_exit else -ended.si_status

    def send_signal(self, signum: int, /) -> None:
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._file, signum)
