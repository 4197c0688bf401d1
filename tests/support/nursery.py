"""For a worker under test: its processes are forked, and need not import everything.

The worker still has each operation carried out in a child of its own, by the same command, and has
its warm process, which comes from here as well. The
nursery, which has no threads, forks it and leaves it an orphan; the kernel gives orphans to the
nearest ancestor that asked for them, and that is the worker.
"""

import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import portal.jobs.worker.children
import portal.jobs.worker.warm
from tests.support import zygote
from tests.support.commands import ROOT

ASKED_FOR = "TESTS_FORK_CHILDREN"
PR_SET_CHILD_SUBREAPER = 36


def open_nursery() -> None:
    """From here on this process has its children forked. Call it while it has one thread."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    if os.fork() == 0:
        ours.close()
        zygote.serve(theirs)
        os._exit(0)
    theirs.close()
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)

    def popen(command: Sequence[str], *, stdin: int, stdout: int, **more: Any) -> Foster:
        assert command[0] == sys.executable
        return Foster(ours, command[1:], stdin, stdout, more.get("env", os.environ))

    ways = SimpleNamespace(
        Popen=popen, DEVNULL=subprocess.DEVNULL, TimeoutExpired=subprocess.TimeoutExpired
    )
    portal.jobs.worker.children.subprocess = ways  # type: ignore[assignment]
    portal.jobs.worker.warm.subprocess = ways  # type: ignore[assignment]


class Foster:
    """A child that another process forked, with what the worker needs of `subprocess.Popen`."""

    def __init__(
        self,
        wishes: socket.socket,
        words: Sequence[str],
        stdin: int,
        output: int,
        env: Mapping[str, str],
    ) -> None:
        wish = {"words": list(words), "env": dict(env), "cwd": str(ROOT)}
        report, theirs = socket.socketpair()
        nothing = os.open(os.devnull, os.O_RDWR)
        into = nothing if stdin == subprocess.DEVNULL else stdin
        out, err = (nothing, 2) if output == subprocess.DEVNULL else (output, output)
        given = [into, out, err, theirs.fileno()]
        packet = json.dumps({**wish, "session": True, "orphan": True}).encode()
        socket.send_fds(wishes, [packet], given)
        os.close(nothing)
        theirs.close()
        with report, report.makefile("r") as lines:
            self.pid = int(lines.readline())

    def poll(self) -> int | None:
        """Only looks: whoever waits is told of the end."""
        with suppress(ChildProcessError):
            if os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
                return None
        return 0

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def wait(self, _seconds: float | None = None) -> int:
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def send_signal(self, signum: int) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.pid, signum)
