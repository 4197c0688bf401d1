"""The product, started as by `make run` or by the guide, with a demo on SQLite or PostgreSQL."""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg

from bench.servers import (
    ROOT,
    WORKERS,
    Server,
    free_port,
    guide_command,
    sessions,
    set_up_demo,
    started,
)
from tests.support import postgres
from tools.run import is_free

ENGINES, STARTS = ("sqlite", "postgresql"), ("procfile", "guide")
DATABASES = ("ops", "development", "production")
#: The server's defaults, not the tests' settings.
AS_IT_COMES = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "autovacuum": "on",
    "shared_buffers": "128MB",
    "max_connections": "100",
    "log_lock_waits": "on",
}


@dataclass(frozen=True)
class Place:
    """One running product. `worker`: if it was started separately from the sites."""

    engine: str
    start: str
    server: Server
    worker: Server | None
    data: Path
    logs: list[Path]
    people: dict[str, list[dict[str, str]]]
    database: postgres.Server | None

    @property
    def title(self) -> str:
        how = "make run" if self.start == "procfile" else f"the guide, {WORKERS} processes"
        return f"{'SQLite' if self.engine == 'sqlite' else 'PostgreSQL'}, as started by {how}"

    def processor(self) -> float:
        """Processor seconds of all of its processes so far, without PostgreSQL's."""
        return self.server.processor() + (self.worker.processor() if self.worker else 0.0)

    def processes(self) -> list[psutil.Process]:
        return self.server.processes() + (self.worker.processes() if self.worker else [])


@contextmanager
def running(engine: str, start: str, studios: int = 642) -> Iterator[Place]:
    """Ends with the block, including processes, files and databases."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        data = folder / "data"
        env, database = {"PORTAL_DATA": str(data)}, None
        if engine == "postgresql":
            database = _server()
            env |= _addresses(database)
            stack.callback(_drop, database)
        set_up_demo(env, studios)
        people = sessions(env, client=14, ops=10, admin=6)
        begin = _as_make_run if start == "procfile" else _as_the_guide
        server, worker = begin(stack, env, folder)
        logs = [each.log for each in (server, worker) if each]
        if database:
            logs.append(database.folder / "log")
        yield Place(engine, start, server, worker, data, logs, people, database)


def _as_make_run(
    stack: ExitStack, env: dict[str, str], folder: Path
) -> tuple[Server, Server | None]:
    """The last line of `make run`."""
    port = next(port for port in iter(free_port, None) if is_free(port + 1))
    words = [sys.executable, str(ROOT / "tools" / "run.py"), str(port)]
    server = stack.enter_context(started(words, env, folder, port=port))
    return server, None


def _as_the_guide(
    stack: ExitStack, env: dict[str, str], folder: Path
) -> tuple[Server, Server | None]:
    """A site of development and the worker, as in the guide's table."""
    words, named = guide_command()
    worker = [sys.executable, "-m", "flask", "jobs", "work"]
    worker_server = stack.enter_context(started(worker, env, folder, asks=None))
    more = {**named, "WEB_CONCURRENCY": str(WORKERS)}
    server = stack.enter_context(started(words, env | more, folder))
    return server, worker_server


def _server() -> postgres.Server:
    postgres.OPTIONS.update(AS_IT_COMES)
    return postgres.running_server()


def _addresses(database: postgres.Server) -> dict[str, str]:
    return {
        f"{name.upper()}_DATABASE_URL": database.url(f"load_{name}").render_as_string(False)
        for name in DATABASES
    }


def _drop(database: postgres.Server) -> None:
    with suppress(psycopg.OperationalError), database.connect() as session:
        for name in DATABASES:
            session.execute(f"DROP DATABASE IF EXISTS load_{name} WITH (FORCE)".encode())
