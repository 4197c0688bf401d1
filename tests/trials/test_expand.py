"""An expand beside the release before, which knows nothing of the search's index, or of accounts.

Both releases serve one production in processes of their own. The expand waits for the old one; the
new one answers before, during and after it, and while the worker fills the index. `make trials`
runs it.
"""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import pytest

from tests.releases.conftest import postgres_server  # noqa: F401 — a fixture
from tests.support.postgres import running_server
from tests.support.waiting import wait_until
from tests.trials.person import Person
from tests.trials.release import ROOT, Release, code_of, has_history

WITHOUT_INDEX, WITHOUT_ACCOUNTS = "eb7244f", "89097b5e"
BEFORE = (WITHOUT_INDEX, WITHOUT_ACCOUNTS)
MISSING = f"This clone has not both of {BEFORE}: fetch all of the history for this trial."
PAGES = ("/", "/studios", "/studios?q=voice&near=Bristol", "/studios/ben-hargreaves-voiceover-1")
MISTYPED = "/studios?q=voicoever+hargraves"
SET_UP = ("portal", "setup", "--demo", "--studios", "40")
#: By the release's own code, in a process of its own.
CONFIRM = """
ticket = stage.approved(stage.start())
print(ticket.run)
"""
CHANGE = """
operation = stage.operate("databases.migrate", run=sys.argv[1])
print(operation.state.value, operation.outcome)
"""
WITHIN = """
import sys
from portal.app import create_app
with create_app().app_context():
    from tests.databases import stage
"""

PREPARED = """
from portal.core.storage.database import db, reading
from portal.directory.users.prepared import is_prepared
with reading():
    print(is_prepared())
"""

if not all(map(has_history, BEFORE)) and os.environ.get("CI") != "true":
    pytest.skip(MISSING, allow_module_level=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def both(
    request: pytest.FixtureRequest, engine: str, tmp_path: Path
) -> Iterator[tuple[Release, Release]]:
    """A release before, with a production of its newest revision, and this one."""
    before = getattr(request, "param", WITHOUT_INDEX)
    assert has_history(before), MISSING
    settings = {"BASE_URL": "http://localhost:8000", "PORTAL_ENV": "production"}
    with production_on(engine) as where:
        data = tmp_path / "data"
        old = Release(code_of(before, tmp_path / "code"), data, settings | where)
        new = Release(ROOT, data, settings | where)
        assert (made := old.flask(*SET_UP)).returncode == 0, made.stderr
        assert carried_out(old, confirmed(old)).startswith("done"), "0001 to its newest"
        assert (made := new.flask(*SET_UP)).returncode == 0, made.stderr
        yield old, new


@contextmanager
def production_on(engine: str) -> Iterator[dict[str, str]]:
    if engine == "sqlite":
        yield {}
        return
    with running_server().database() as url:
        yield {"PRODUCTION_DATABASE_URL": url.render_as_string(hide_password=False)}


def within(release: Release, code: str, *words: str) -> str:
    body = "\n".join(f"    {line}" for line in code.strip().splitlines())
    done = subprocess.run(
        [sys.executable, "-c", WITHIN + body, *words],
        check=False,
        cwd=release.code,
        env=release.env(),
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def confirmed(release: Release) -> str:
    """The run of a change that two people agreed to."""
    return within(release, CONFIRM)


def carried_out(release: Release, run: str) -> str:
    return within(release, CHANGE, run)


@contextmanager
def asked_all_the_time(*sites: str) -> Iterator[Counter[tuple[str, str, int]]]:
    """How often each site answered each page with which status; 0 for none at all."""
    answers, is_over = Counter[tuple[str, str, int]](), Event()
    visitors = [Thread(target=visit, args=(site, answers, is_over)) for site in sites]
    for each in visitors:
        each.start()
    try:
        yield answers
    finally:
        is_over.set()
        for each in visitors:
            each.join()


def visit(site: str, answers: Counter[tuple[str, str, int]], is_over: Event) -> None:
    visitor = Person(site)
    while not is_over.is_set():
        for path in PAGES:
            try:
                status = visitor.get(path).status
            except OSError:
                status = 0
            answers[site, path, status] += 1


def all_answered(answers: Counter[tuple[str, str, int]], *sites: str) -> None:
    assert {status for _, _, status in answers} == {200}, answers
    assert {(site, path) for site, path, _ in answers} == {(s, p) for s in sites for p in PAGES}


def test_it_waits_for_the_old_release_and_no_visitor_meets_a_closed_site(
    both: tuple[Release, Release],
) -> None:
    old, new = both
    with new.web() as site:
        with old.web() as earlier, asked_all_the_time(earlier, site) as answers:
            run = confirmed(new)
            refused = carried_out(new, run)
            assert refused.startswith("refused Production is served by code that can't work with")
            wait_until(lambda: len(answers) >= 2 * len(PAGES))
        all_answered(answers, earlier, site)

        with asked_all_the_time(site) as answers:
            assert carried_out(new, run).startswith("done")
            assert "No studio has" not in Person(site).get(MISTYPED).said
            with new.worker():
                wait_until(lambda: "No studio has" in Person(site).get(MISTYPED).said, within=240)
        all_answered(answers, site)


@pytest.mark.parametrize("both", [WITHOUT_ACCOUNTS], indirect=True)
def test_accounts_are_being_prepared_until_the_old_release_has_ended(
    both: tuple[Release, Release],
) -> None:
    """Every release and revision side by side: both at the old one, the new one at the new one."""
    old, new = both
    with new.web() as site:
        with old.web() as earlier, asked_all_the_time(earlier, site) as answers:
            run = confirmed(new)
            refused = carried_out(new, run)
            assert refused.startswith("refused Production is served by code that can't work with")
            wait_until(lambda: len(answers) >= 2 * len(PAGES))
            assert within(new, PREPARED) == "False"
        all_answered(answers, earlier, site)

        with asked_all_the_time(site) as answers:
            assert carried_out(new, run).startswith("done")
            assert within(new, PREPARED) == "True"
            begun = answers.copy()
            wait_until(lambda: all(answers[each] > begun[each] for each in begun))
        all_answered(answers, site)

        with old.web() as earlier:
            assert {Person(earlier).get(path).status for path in PAGES} == {503}, "and no 500"
        assert Person(site).get("/").status == 200
