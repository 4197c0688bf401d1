"""A process that has imported everything, and forks one for each program that it is asked for.

Each request is one packet: `{"words": […], "env": {…}, "session": bool}` and four files: standard
input, output and error of the program, and where its id and then its end are written. See
tests/support/commands.py. An `"orphan"` is left to whoever gets it from the kernel, who is its
parent before it does anything, and learns of its end as a parent does (tests/support/nursery.py).
"""

import atexit
import contextlib
import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import sys
import tempfile
import threading
import time
import traceback
import warnings
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from typing import Any, NoReturn

import alembic.config
import flask.cli

import portal.app
import portal.databases.migrations.env  # noqa: F401
import portal.warm
from portal.core.configuration.settings import load_settings
from portal.core.storage import between_pages
from portal.core.storage.database import db
from portal.databases.engines import kept_file
from portal.groups import GROUPS
from tests.faults.environment import arm_by_environment
from tests.support.leases import be_as_impatient_as_told
from tests.support.quick import share_what_is_compiled

LARGEST = 1 << 20


def serve(wishes: socket.socket) -> None:
    get_ready()
    running = dict[int, Running]()
    while True:
        ready, _, _ = select.select([wishes, *running], [], [])
        for end in ready:
            if end is not wishes:
                running.pop(end).tell_end(end)
        if wishes not in ready:
            continue
        packet, files, _, _ = socket.recv_fds(wishes, LARGEST, 4)
        if not packet:
            return
        _carry_out(json.loads(packet), files, wishes, running)


@dataclass(frozen=True)
class Running:
    """A program that was forked, and where its id was written."""

    child: int
    report: int

    def tell_end(self, end: int) -> None:
        """As only its parent can."""
        _, status = os.waitpid(self.child, 0)
        with contextlib.suppress(BrokenPipeError):
            os.write(self.report, f"{os.waitstatus_to_exitcode(status)}\n".encode())
        os.close(self.report)
        os.close(end)


def _carry_out(
    wish: dict[str, Any], files: list[int], wishes: socket.socket, running: dict[int, Running]
) -> None:
    *standard, report = files
    if (child := os.fork()) == 0:
        wishes.close()
        for end, other in running.items():
            os.close(end)
            os.close(other.report)
        if wish.get("orphan"):
            _leave_orphan(report)
        os.close(report)
        _become(wish, standard)
    for file in standard:
        os.close(file)
    if wish.get("orphan"):
        os.waitpid(child, 0)
        os.close(report)
        return
    os.write(report, f"{child}\n".encode())
    running[os.pidfd_open(child)] = Running(child, report)


@cache
def get_ready() -> None:
    """What starting does with a program's own settings comes later; compiling is done by now.

    A worker that was forked here is as ready as this process, and so is its nursery.
    """
    share_what_is_compiled()
    for group in GROUPS.values():
        importlib.import_module(group.module)
    portal.warm.load()
    metadata.entry_points = cache(metadata.entry_points)  # type: ignore[assignment]
    with tempfile.TemporaryDirectory() as folder:
        _try_some_commands(folder)
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)  # as in tests/support/quick.py


def _try_some_commands(folder: str) -> None:
    """In a control room that goes again: most statements are compiled by then."""
    app = portal.app.create_app(load_settings({"PORTAL_DATA": folder, "SECRET_KEY": "x" * 32}))
    for words in ("portal setup", "databases backup development", "databases check"):
        done = app.test_cli_runner().invoke(args=words.split())
        assert done.exit_code == 0, done.output
    between_pages.forget_all()
    kept_file.forget_all()
    with app.app_context():
        db.session.remove()
        for engine in db.engines.values():
            engine.dispose()
    assert threading.active_count() == 1, "a thread would be missing in each program"


def _leave_orphan(report: int) -> None:
    """Go on in a child whose parent has ended, once somebody else is its parent."""
    parent = os.getpid()
    if os.fork():
        os._exit(0)
    while os.getppid() == parent:
        time.sleep(0.001)
    os.write(report, f"{os.getpid()}\n".encode())


def _become(wish: dict[str, Any], standard: list[int]) -> NoReturn:
    code = 99
    try:
        _take_over(wish, standard)
        _run(wish["words"])
        code = 0
    except SystemExit as ending:
        code = _code_of(ending)
    except BaseException:
        traceback.print_exc()
    finally:
        threading._shutdown()  # what a program does at its end, but for taking down the modules
        atexit._run_exitfuncs()
        for stream in (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__):
            stream.flush()  # Alembic writes to what stood there when it was imported
        os._exit(code)


def _take_over(wish: dict[str, Any], standard: list[int]) -> None:
    if wish["session"]:
        os.setsid()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number, file in enumerate(standard):
        os.dup2(file, number)
        os.close(file)
    sys.stdin = os.fdopen(0, closefd=False)
    sys.stdout = os.fdopen(1, "w", buffering=1 if os.isatty(1) else -1, closefd=False)
    sys.stderr = os.fdopen(2, "w", buffering=1, errors="backslashreplace", closefd=False)
    os.environ.clear()
    os.environ.update(wish["env"])
    os.chdir(wish["cwd"])
    if wish.get("user"):
        number, *groups = wish["user"]
        os.setgroups(groups)
        os.setgid(groups[0])
        os.setuid(number)


def _run(words: list[str]) -> None:
    """As the program of that name would: `flask`, `alembic`, or Python with `-m` or `-c`."""
    program, *rest = words
    sys.argv = words
    be_as_impatient_as_told()
    arm_by_environment(words)
    if program == "flask":
        flask.cli.main()
    elif program == "alembic":
        alembic.config.main()
    elif program == "-m":
        sys.argv = rest
        warnings.filterwarnings(
            "ignore", ".* found in sys.modules", RuntimeWarning
        )  # as it must be
        runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
    else:
        sys.argv = ["-c", *rest[1:]]
        exec(compile(rest[0], "<string>", "exec"), {"__name__": "__main__"})


def _code_of(ending: SystemExit) -> int:
    if ending.code is None or isinstance(ending.code, int):
        return (ending.code or 0) % 256
    sys.stderr.write(f"{ending.code}\n")
    return 1


if __name__ == "__main__":
    from tests.support import zygote  # noqa: PLW0406 — what is forked knows it by this name

    zygote.serve(socket.socket(fileno=int(sys.argv[1])))
