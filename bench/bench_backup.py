"""Backups compared with the engines' own tools: `VACUUM INTO` and `pg_dump`.

    python -m bench.bench_backup [studios] [--engine sqlite]

“Unverified”: the product's copy without reading its content. “A backup”: with the content of its
source, read in the same transaction; on SQLite read again from the file and compared. “Verified”: a
complete backup, restored into a scratch database, compared, registered with a signed manifest.
"""

import argparse
import resource
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import portal.databases.tasks.changes  # noqa: F401 — registers the job
from bench.ratios import ROUNDS, header, line, machine, ratio_of
from bench.rooms import filled, room
from portal.audit.actor import SYSTEM
from portal.core.storage.database import db
from portal.databases.backups.files import backups_folder
from portal.databases.engines.content import Content
from portal.databases.engines.copies import Copier, copier_for
from portal.databases.engines.postgresql.copies import copy as postgresql_copy
from portal.databases.engines.sqlite import copy as sqlite_copy
from portal.jobs.operations.service import perform, request_operation
from tests.support.postgres import Server, running_server

GOAL = 1.3
STUDIOS = {"sqlite": 15_000, "postgresql": 8_000}
NAME = "bench"


@dataclass(frozen=True)
class Spent:
    """Elapsed seconds, and processor seconds of this process and its children."""

    clock: float
    processor: float


@dataclass(frozen=True)
class Sqlite:
    file: Path
    sees_all = True
    """Whether this process and its children do all of the work."""

    def tool(self, to: Path) -> None:
        with closing(sqlite3.connect(self.file, isolation_level=None)) as connection:
            connection.execute("VACUUM INTO ?", (str(to),))


@dataclass(frozen=True)
class Postgresql:
    server: Server
    sees_all = False

    def tool(self, to: Path) -> None:
        words = [self.server.tools / "pg_dump", "--format=custom", f"--file={to}"]
        where = [f"--host={self.server.folder}", "--username=postgres", NAME]
        subprocess.run([*words, *where], check=True)


Bare = Sqlite | Postgresql


def spent(work: Callable[[], object]) -> Spent:
    began, before = time.perf_counter(), _processor()
    work()
    return Spent(time.perf_counter() - began, _processor() - before)


def _processor() -> float:
    both = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in both)


def show(engine: str, studios: int, rounds: int) -> None:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        environ, bare = _place(engine, folder, stack)
        stack.enter_context(room(environ))
        copier, to = copier_for(filled("development", studios).url), folder / "copy"
        for what, work in {
            "unverified": lambda: _unverified(copier, to),
            "a backup": lambda: copier.snapshot(to),
            "verified": _verified,
        }.items():
            sides = (lambda work=work: _once(work, to), lambda: _once(lambda: bare.tool(to), to))
            found = [(sides[0](), sides[1]()) for _ in range(rounds + 1)][1:]
            title = f"{what}, {engine}, {studios:,} studios"
            _show(title, found, goal=GOAL if what == "unverified" else None, both=bare.sees_all)


def _place(engine: str, folder: Path, stack: ExitStack) -> tuple[dict[str, str], Bare]:
    """The product's variables for the database, and the engine's own tool for it."""
    environ = {"PORTAL_DATA": str(folder / "data"), "SECRET_KEY": "bench"}
    if engine == "sqlite":
        return environ, Sqlite(folder / "data" / "development.sqlite3")
    server = running_server()
    stack.callback(_drop, server)
    address = server.url(NAME).render_as_string(False)
    return {**environ, "DEVELOPMENT_DATABASE_URL": address}, Postgresql(server)


def _show(title: str, found: list[tuple[Spent, Spent]], *, goal: float | None, both: bool) -> None:
    clock = ratio_of([(ours.clock, theirs.clock) for ours, theirs in found])
    print(line(title, clock, goal=goal, at_most=True), flush=True)
    if both:
        work = ratio_of([(ours.processor, theirs.processor) for ours, theirs in found])
        print(line("    its processor time", work, at_most=True), flush=True)


def _unverified(copier: Copier, to: Path) -> None:
    """Only copies: no counts, no digests, no comparison."""
    nothing = Content(counts={}, digests={})
    with (
        patch.object(sqlite_copy, "content_of", lambda _connection: nothing),
        patch.object(sqlite_copy, "agree", lambda _content, _file: None),
        patch.object(postgresql_copy, "content_of", lambda _connection: nothing),
    ):
        copier.snapshot(to)


def _once(work: Callable[[], object], to: Path) -> Spent:
    to.unlink(missing_ok=True)
    return spent(work)


def _verified() -> None:
    """As the worker does it; the file is deleted afterwards."""
    ended = perform(request_operation("databases.backup", by=SYSTEM, target="development"))
    if not ended.is_done:
        raise SystemExit(ended.outcome)
    db.session.commit()
    for each in backups_folder().iterdir():
        if each.is_file() and not each.name.startswith("."):
            each.unlink()


def _drop(server: Server) -> None:
    with server.connect() as session:
        session.execute(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)".encode())


def main() -> None:
    options = _options()
    print(f"{machine()}\n{header()}")
    for engine in options.engine or STUDIOS:
        show(engine, options.studios or STUDIOS[engine], options.rounds)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("studios", nargs="?", type=int)
    parser.add_argument("--engine", choices=sorted(STUDIOS), action="append")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
