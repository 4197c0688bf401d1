"""PostgreSQL stops under a served product, and starts again: nothing else is restarted.

The control room and both directories are on one server of their own, with two processes of the
site, the worker, visitors and a person of staff who ask all the time. `make trials` runs it.
"""

import shutil
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import Popen
from threading import Event, Thread

import pytest

from tests.support.log import log_lines
from tests.support.postgres import Server, prepared, started
from tests.support.waiting import wait_until
from tests.trials.person import Person, logins
from tests.trials.release import ROOT, Release
from tests.trials.test_expand import PAGES, carried_out, confirmed, within

STAFF = ("/ops", "/ops/databases", "/ops/audit", "/ops/backups")
READERS = 3
WAYS = {"fast": signal.SIGINT, "immediate": signal.SIGQUIT, "killed": signal.SIGKILL}
A_LEASE_ENDS = 40
"""Seconds for which the worker has to watch a process that is gone: nobody else does here."""
ROOM = {"max_connections": "200"}
BACK_WITHIN = 15.0
"""Seconds from the server's start until all pages answer 200."""
ASK = """
from portal.audit.actor import SYSTEM
from portal.core.storage.database import db
from portal.jobs.operations.service import request_operation
given = {"by": stage.OMAR, "target": "production", "subject": sys.argv[1]}
operation = request_operation("databases.migrate", **given)
db.session.commit()
print(operation.id)
"""
TELL = """
from portal.core.storage.database import db
from portal.jobs.models import Operation
operation = db.session.get(Operation, int(sys.argv[1]))
print(operation.state.value, operation.outcome)
"""
IN_THE_CHANGE = (
    "SELECT count(*) > 3 FROM pg_locks WHERE granted AND mode = 'AccessExclusiveLock'"
    " AND database = (SELECT oid FROM pg_database WHERE datname = 'directory')"
)
"""Asked from beside: a session in the directory would be an unknown one, which stops a change."""


@dataclass
class Stoppable:
    folder: Path
    tools: Path
    server: Server
    process: "Popen[bytes]"

    def stop(self, how: signal.Signals) -> None:
        self.process.send_signal(how)
        self.process.wait(30)

    def start(self) -> None:
        """After a kill its other processes need a moment to notice."""
        until = time.monotonic() + 20
        while True:
            try:
                self.server, self.process = started(self.folder, self.tools, **ROOM)
            except AssertionError:
                assert time.monotonic() < until
                time.sleep(0.2)
            else:
                return


@dataclass
class Readers:
    """What everybody was answered, since it was last forgotten."""

    site: str
    staff: Person
    answers: Counter[tuple[str, int]] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    over: Event = field(default_factory=Event)

    def read(self, visitor: Person, pages: tuple[str, ...]) -> None:
        number = 0
        while not self.over.is_set():
            for path in pages:
                number += 1
                found = path if visitor is self.staff else f"{path}?page=1&n={number}"
                try:
                    answer = visitor.get(found)
                except OSError as error:
                    self.answers[path, 0] += 1
                    self.wrong.append(f"{path}: {error}")
                    continue
                self.answers[path, answer.status] += 1
                if answer.status not in {200, 503} or "Traceback" in answer.text:
                    self.wrong.append(f"{path}: {answer.status} {answer.said[:300]}")

    def statuses(self) -> set[int]:
        return {status for _, status in self.answers}

    def all_answer(self, status: int, within: float) -> None:
        """Each page with this status, and no other one any more."""

        def is_so() -> bool:
            self.answers.clear()
            time.sleep(1.5)
            seen = Counter(self.answers)
            return {s for _, s in seen} == {status} and len(seen) == len(PAGES) + len(STAFF)

        wait_until(is_so, within=within)


@pytest.fixture(scope="module")
def server() -> Iterator[Stoppable]:
    folder = Path(tempfile.mkdtemp(prefix="stopped-", dir="/tmp"))
    tools = prepared(folder)
    stoppable = Stoppable(folder, tools, *started(folder, tools, **ROOM))
    yield stoppable
    stoppable.stop(signal.SIGQUIT)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def release(server: Stoppable, tmp_path_factory: pytest.TempPathFactory) -> Release:
    """A demo on it, production at the legacy schema."""
    names = {"OPS": "ops", "PRODUCTION": "directory", "DEVELOPMENT": "directory_development"}
    with server.server.connect() as connection:
        for name in list(names.values())[1:]:
            connection.execute(f"CREATE DATABASE {name}".encode())
    where = {
        f"{each}_DATABASE_URL": server.server.url(name).render_as_string(hide_password=False)
        for each, name in names.items()
    }
    settings = {"BASE_URL": "http://localhost:8000", "PORTAL_ENV": "production"}
    settings |= {"WEB_CONCURRENCY": "2", "PORTAL_KEEP_BYTES": "0"}
    release = Release(ROOT, tmp_path_factory.mktemp("stopped") / "data", settings | where)
    made = release.flask("portal", "setup", "--demo", "--studios", "40")
    assert made.returncode == 0, made.stderr
    return release


@pytest.fixture(scope="module")
def served(release: Release, server: Stoppable) -> Iterator[Readers]:
    killed_in_the_change(release, server)
    done = carried_out(release, confirmed(release))
    assert done.startswith("done"), done
    with release.worker(), release.web() as site:
        staff = Person(site)
        admin = logins(release.data)["admin"]
        staff.log_in(admin["email"], admin["password"])
        readers = Readers(site, staff)
        threads = [
            Thread(target=readers.read, args=(who, pages))
            for who, pages in [(staff, STAFF), *[(Person(site), PAGES)] * READERS]
        ]
        for each in threads:
            each.start()
        try:
            readers.all_answer(200, within=240)
            yield readers
        finally:
            readers.over.set()
            for each in threads:
                each.join()


def killed_in_the_change(release: Release, server: Stoppable) -> None:
    """The worker carries the change of production out, and the server is killed in the middle."""
    run = confirmed(release)
    before = tables(server)
    with release.worker():
        with ThreadPoolExecutor(1) as asking, server.server.connect() as connection:
            asked = asking.submit(within, release, ASK, run)
            wait_until(lambda: connection.execute(IN_THE_CHANGE).fetchone() == (True,), within=240)
            server.stop(signal.SIGKILL)
            number = asked.result()
        time.sleep(3)
        server.start()
        wait_until(
            lambda: not within(release, TELL, number).startswith(("waiting", "running")), within=240
        )
        said = within(release, TELL, number)
        time.sleep(A_LEASE_ENDS)
    assert said.startswith("failed"), said
    assert tables(server) == before, said


def tables(server: Stoppable) -> dict[str, int]:
    """The rows of each table of production."""
    query = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
    with server.server.connect("directory") as connection:
        names = [name for (name,) in connection.execute(query.encode())]
        return {
            name: connection.execute(f'SELECT count(*) FROM "{name}"'.encode()).fetchone()[0]
            for name in names
            if not name.startswith("portal_lease")
        }


@pytest.mark.parametrize("way", WAYS)
def test_all_pages_say_so_and_come_back(
    server: Stoppable, release: Release, served: Readers, way: str
) -> None:
    time.sleep(2)
    served.wrong.clear()
    log = release.data.parent / "processes.log"
    before = len(log.read_text(encoding="utf-8"))
    server.stop(WAYS[way])
    served.all_answer(503, within=20)
    server.start()
    served.all_answer(200, within=BACK_WITHIN)
    said = log.read_text(encoding="utf-8")[before:]
    assert served.wrong == [], said[:3000]
    assert "Traceback" not in said, said[:6000]
    assert log_lines("\n".join(each for each in said.splitlines() if each.startswith("20")))
