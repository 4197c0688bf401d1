"""The warm process: imports what operations need, and forks a process for each request.

    python -m portal.warm WORKER [FILE …]

It has no settings: no address, no key, nothing of its worker's environment except what Python
itself needs. A forked process gets the worker's environment, and then does everything that `flask
jobs execute` does, with the imports already done. If the release on disk, or one of the given
files, has changed since the start, this process ends instead. Standard input is the worker's socket
(see `portal.jobs.worker.warm`); when it is closed, the process ends.
"""

import gc
import importlib
import json
import os
import socket
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from portal.core.gc_startup import without_gc_during_import
from portal.core.on_disk import loaded_files, look_at, release_on_disk
from portal.jobs.processes import die_with_parent, is_readable, name_process, parent_is
from portal.jobs.release import release_name

MODULES = (
    "flask.cli", "flask_migrate.cli", "flask_sqlalchemy.cli", "portal.start", "portal.features",
    "portal.jobs.cli", "portal.databases.migrations.sql.statements",
    "psycopg", "huey", "email_validator",
)  # fmt: skip
"""What operations import at their start or later, including the drivers of both engines."""
WAITING = "warm, waiting"
LOOK_SECONDS = 5.0
"""Seconds between checks of the disk while idle."""


class StartState:
    """The state at the start: the release on disk, settings files, loaded modules."""

    def __init__(self, settings: Sequence[str]) -> None:
        self.release = release_on_disk()
        self.settings = look_at(settings)
        load()
        self.loaded = loaded_files()

    @property
    def is_now(self) -> bool:
        return (
            self.settings == look_at(self.settings)
            and self.loaded == look_at(self.loaded)
            and self.release == release_on_disk()
        )


@dataclass(frozen=True)
class WorkRequest:
    """In a forked process: the socket with the worker's request, and the output."""

    line: socket.socket
    output: int


def main(worker: int, settings: Sequence[str]) -> None:
    die_with_parent()
    if not parent_is(worker):
        return
    beginning = StartState(settings)
    control = socket.socket(fileno=os.dup(0))
    require_clean(control)
    asked = serve(control, beginning) if beginning.is_now else None
    control.close()
    if asked:
        carry_out(asked)


def load() -> None:
    """Load what takes long and needs no setting: modules, mappers, the release name."""
    with without_gc_during_import():
        for module in MODULES:
            importlib.import_module(module)
        importlib.import_module("sqlalchemy.orm").configure_mappers()
        release_name()
        gc.collect()


def require_clean(control: socket.socket) -> None:
    """Raises SystemExit if imports left a second thread, an open file or a connection."""
    threads = list(Path("/proc/self/task").iterdir())
    opened = {int(each.name) for each in list(Path("/proc/self/fd").iterdir()) if each.exists()}
    more = opened - {0, 1, 2, control.fileno()}
    if len(threads) != 1 or more:
        many = f"{len(threads)} threads, {len(more)} open files"
        raise SystemExit(f"The warm process is not clean ({many}), and ends.")


def serve(control: socket.socket, beginning: StartState) -> WorkRequest | None:
    """Fork a process for each packet. Returns in each child; and in this process, with None, at the
    end."""
    control.send(b"ready")
    name_process(WAITING)
    while True:
        is_asked = is_readable(control, LOOK_SECONDS)
        packet, files, _, _ = socket.recv_fds(control, 16, 2) if is_asked else (b"", [], 0, None)
        if (is_asked and not packet) or not beginning.is_now:
            return None
        if is_asked and (asked := fork(*files)):
            return asked


def fork(output: int, line_number: int) -> WorkRequest | None:
    """Returns the request in the new process, None in this one.

    The new process is reparented to the worker, since the intermediate process exits immediately.
    Its pid is then sent to the worker, followed by a line break.
    """
    line = socket.socket(fileno=line_number)
    between = os.fork()
    if between == 0:
        if fork_and_report(line):
            return WorkRequest(line, output)
        os._exit(0)
    os.waitpid(between, 0)
    line.sendall(b"\n")
    line.close()
    os.close(output)
    return None


def fork_and_report(line: socket.socket) -> bool:
    try:
        if (pid := os.fork()) == 0:
            return True
        line.sendall(str(pid).encode())
    except OSError as error:
        sys.stderr.write(f"The warm process can't fork: {error}.\n")
    return False


def carry_out(asked: WorkRequest) -> None:
    """Do what `flask` does with the worker's command line; nothing if the worker cancelled."""
    with asked.line, asked.line.makefile("rb") as lines:
        request = lines.read()
    if not request:
        return
    wanted = json.loads(request)
    name_process(wanted["name"])  # before it leads a session, as only the waiting process does
    os.setsid()  # Ctrl-C reaches only the worker, which decides.
    nothing = os.open(os.devnull, os.O_RDONLY)
    for number, file in enumerate((nothing, asked.output, asked.output)):
        os.dup2(file, number)
    os.close(nothing)
    os.close(asked.output)
    os.environ.clear()
    os.environ.update(wanted["environ"])
    sys.argv = wanted["words"]
    importlib.import_module("flask.cli").main()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
