"""Whether a process still lives: a number alone may belong to another one by now."""

import ctypes
import os
import platform
import select
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

PR_SET_PDEATHSIG, PR_SET_NAME = 1, 15
PR_SET_CHILD_SUBREAPER, PR_GET_CHILD_SUBREAPER = 36, 37


@cache
def this_host() -> str:
    return platform.node()


def process_identity(pid: int) -> str | None:
    """This boot, the number and the start time of a live process; None when there is none."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    # The second field is the command's name in brackets, and may hold anything.
    fields = stat.rpartition(")")[2].split()
    state, started = fields[0], fields[19]
    return None if state in {"Z", "X"} else f"{boot}:{pid}:{started}"


def is_running(identity: str) -> bool:
    """Whether the very process still runs that once had this identity, on this host."""
    _boot, pid, _started = identity.rsplit(":", 2)
    return process_identity(int(pid)) == identity


def die_with_parent() -> None:
    """Have the kernel kill this process when the thread that started it ends (Linux only)."""
    _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def name_process(name: str) -> None:
    """What `ps -o comm` and `top` say of this process; 15 characters count (Linux only)."""
    _prctl(PR_SET_NAME, name.encode())


@contextmanager
def adopting_orphans() -> Iterator[None]:
    """Within, the kernel gives orphans among this process's descendants to it (Linux only)."""
    before = ctypes.c_int()
    _prctl(PR_GET_CHILD_SUBREAPER, ctypes.byref(before))
    _prctl(PR_SET_CHILD_SUBREAPER, 1)
    try:
        yield
    finally:
        _prctl(PR_SET_CHILD_SUBREAPER, before.value)


def is_readable(file: socket.socket, seconds: float) -> bool:
    """Whether something, or its end, comes within so many seconds; whatever its number."""
    poll = select.poll()
    poll.register(file, select.POLLIN)
    return bool(poll.poll(seconds * 1000))


def parent_is(pid: int) -> bool:
    """False once the parent died: the kernel gives its children to another process."""
    return os.getppid() == pid


def _prctl(what: int, value: object) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(what, value, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")
