"""The upgrade as docs/operator.md describes it: two releases, ops before code, directory after.

Visitors and a person of staff ask all the time, through what a proxy does: the site that is ready
answers. None of their requests fails. `make trials` runs it.
"""

import json
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Event, Thread

import pytest

from tests.releases.conftest import postgres_server  # noqa: F401 — a fixture
from tests.support.log import log_lines
from tests.support.waiting import wait_until
from tests.trials.person import Person
from tests.trials.release import ROOT, Release, code_of, has_history
from tests.trials.test_expand import (
    PAGES,
    SET_UP,
    carried_out,
    confirmed,
    production_on,
)

BEFORE = "f32965d"
"""Its control room is at 0021, and its directory at b7e4f1a9c326."""
MISSING = f"This clone has no commit {BEFORE}: fetch all of the history for this trial."
STAFF = ("/ops", "/ops/databases", "/ops/incidents")
NEEDS = "this release needs"

if not has_history(BEFORE) and os.environ.get("CI") != "true":
    pytest.skip(MISSING, allow_module_level=True)


class Proxy:
    """Sends each request to the site that it was last given."""

    def __init__(self, site: str) -> None:
        self.site = site
        self.answers = Counter[tuple[str, int]]()
        self._is_over = Event()
        self._threads: list[Thread] = []

    def visit(self, pages: tuple[str, ...], visitor: Person) -> None:
        thread = Thread(target=self._visit, args=(pages, visitor))
        self._threads.append(thread)
        thread.start()

    def _visit(self, pages: tuple[str, ...], visitor: Person) -> None:
        while not self._is_over.is_set():
            for path in pages:
                visitor.site = self.site
                try:
                    answer = visitor.get(path)
                    status = answer.status if answer.address.endswith(path) else 303
                except OSError:
                    status = 0
                self.answers[path, status] += 1

    def end(self) -> None:
        self._is_over.set()
        for each in self._threads:
            each.join()

    def all_answered_again(self) -> None:
        """Each page, since now."""
        before = Counter({path: self.count(path) for path in (*PAGES, *STAFF)})
        wait_until(lambda: all(self.count(path) > before[path] + 1 for path in before), within=120)
        assert {status for _, status in self.answers} == {200}, self.answers

    def count(self, path: str) -> int:
        return sum(many for (asked, _), many in self.answers.items() if asked == path)


@contextmanager
def asked(site: str, staff: Person) -> Iterator[Proxy]:
    proxy = Proxy(site)
    proxy.visit(PAGES, Person(site))
    proxy.visit(STAFF, staff)
    try:
        yield proxy
    finally:
        proxy.end()


@pytest.fixture(params=["sqlite", "postgresql"])
def both(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Release, Release]]:
    """The release before, in use, and this one, of which nothing has run yet."""
    assert has_history(BEFORE), MISSING
    settings = {"BASE_URL": "http://localhost:8000", "PORTAL_ENV": "production"}
    with production_on(request.param) as where:
        old = Release(code_of(BEFORE, tmp_path / "code"), tmp_path / "data", settings | where)
        assert (made := old.flask(*SET_UP)).returncode == 0, made.stderr
        assert carried_out(old, confirmed(old)).startswith("done")
        yield old, Release(ROOT, tmp_path / "data", settings | where)


def test_no_request_fails(both: tuple[Release, Release]) -> None:
    old, new = both
    with ExitStack() as of_old, ExitStack() as of_new:
        earlier = of_old.enter_context(old.web())
        of_old.enter_context(old.worker())
        logins = json.loads((old.data / "demo-accounts.json").read_text(encoding="utf-8"))
        staff = Person(earlier)
        staff.log_in(logins["admin"]["email"], logins["admin"]["password"])
        proxy = of_new.enter_context(asked(earlier, staff))
        proxy.all_answered_again()

        site = of_new.enter_context(new.web())  # the wrong order is named, and hurts nobody
        assert NEEDS in Person(site).get("/readyz").text
        refused = Person(site).get("/ops/login")
        assert (refused.status, NEEDS in refused.said) == (503, True)
        proxy.all_answered_again()

        made = new.flask(*SET_UP)  # 1. the control room's database
        assert made.returncode == 0, made.stderr
        proxy.all_answered_again()
        wait_until(lambda: Person(site).get("/readyz").status == 200, within=30)

        proxy.site = site  # 2. the code: where it is ready, the proxy goes there
        proxy.all_answered_again()
        assert "The worker runs release" in staff.get("/ops").said, "the old one still runs"
        of_old.close()
        with new.worker():
            wait_until(lambda: "The worker runs release" not in staff.get("/ops").said, within=60)

        # Carried out here and not by the worker, which would take it out of the queue.
        assert carried_out(new, confirmed(new)).startswith("done")  # 3. the directory
        proxy.all_answered_again()
        assert "behind" not in staff.get("/ops").said
    log = (new.data.parent / "processes.log").read_text(encoding="utf-8")
    ours = [line for line in log.splitlines() if line.startswith("20")]
    assert log_lines("\n".join(ours))
    assert "Traceback" not in log
