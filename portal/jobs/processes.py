"""Whether a process is still running: a pid alone may have been reused. The names of its sessions
on a database server, by which the release gate recognises processes."""

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

from portal.jobs.release import release_name

PR_SET_PDEATHSIG, PR_SET_NAME = 1, 15
PR_SET_CHILD_SUBREAPER, PR_GET_CHILD_SUBREAPER = 36, 37


@cache
def this_host() -> str:
    return platform.node()


def process_identity(pid: int) -> str | None:
    """Boot id, pid and start time of a live process; None if it does not exist."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    # The second field is the command's name in brackets, which may contain any character.
    fields = stat.rpartition(")")[2].split()
    state, started = fields[0], fields[19]
    return None if state in {"Z", "X"} else f"{boot}:{pid}:{started}"


def is_running(identity: str) -> bool:
    """Whether the process with this identity is still running, on this host."""
    _boot, pid, _started = identity.rsplit(":", 2)
    return process_identity(int(pid)) == identity


def die_with_parent() -> None:
    """Have the kernel kill this process when the thread that started it ends (Linux only)."""
    _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def name_process(name: str) -> None:
    """Set the name that `ps -o comm` and `top` show, at most 15 characters (Linux only)."""
    _prctl(PR_SET_NAME, name.encode())


@contextmanager
def adopting_orphans() -> Iterator[None]:
    """Within the block, orphaned descendants become children of this process (Linux only)."""
    before = ctypes.c_int()
    _prctl(PR_GET_CHILD_SUBREAPER, ctypes.byref(before))
    _prctl(PR_SET_CHILD_SUBREAPER, 1)
    try:
        yield
    finally:
        _prctl(PR_SET_CHILD_SUBREAPER, before.value)


def is_readable(file: socket.socket | int, seconds: float) -> bool:
    """Whether data or EOF arrives within this many seconds; a negative number is no limit.

    `select.select` fails for descriptors from 1,024 on; this does not.
    """
    poll = select.poll()
    poll.register(file, select.POLLIN)
    return bool(poll.poll(seconds * 1000))


def parent_is(pid: int) -> bool:
    """False once the parent died: the kernel then assigns another parent."""
    return os.getppid() == pid


def _prctl(what: int, value: object) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(what, value, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


PRODUCT = "talkback "
"""How the name of each session of this product begins."""

LONGEST = 63
"""Characters; PostgreSQL truncates longer names."""


def session_name() -> str:
    """The name for this process: its release and its instance."""
    return name_of_session(release_name(), this_host(), os.getpid())


def name_of_session(release: str, host: str, pid: int) -> str:
    return f"{PRODUCT}{release[:12]} {host[:32]}:{pid}"[:LONGEST]
