"""What a process remembers of one version of the content: nothing else is shown than without it,
nothing is asked twice, and nothing is shown that may not be served."""

import time
from itertools import cycle

import pytest
from flask.testing import FlaskClient

from portal.core.storage.database import db
from portal.databases.policies.maintenance import begin_maintenance, end_maintenance
from portal.databases.targets import readiness
from portal.databases.targets.config import Target
from portal.directory.kept import memory as module
from portal.directory.kept.memory import Recent, memory
from portal.directory.models import StudioProfile
from portal.directory.revisions import SERVES
from tests.databases.stage import ANA
from tests.directory.derived.looking import by_hand
from tests.web.budgets.counting import counted

WORDS = ("voice", "zoom", "recording", "podcast", "quiet", "voyce zoom")
FORMS = (
    "q={}",
    "q={}&near=London&radius={}",
    "near=London&radius={1}",
    "q={}&type=home&sort=rating&radius={}",
    "sort=name&service=Zoom&radius={1}",
    "q={}+london&sort=newest&radius={}",
)
MADE = {"Cookie": "a=b"}
"""A visitor with a cookie gets nothing from memory."""


def addresses(count: int) -> list[str]:
    """None of them twice."""
    forms, words = cycle(FORMS), cycle(WORDS)
    asked = (next(forms).format(next(words), 900 + n) for n in range(count))
    return [f"/studios?{each}&exact={n}0" for n, each in enumerate(asked)]


def answering(client: FlaskClient) -> None:
    """PostgreSQL's connection for the version takes its moment."""
    until = time.monotonic() + 30
    while memory._latest is None and time.monotonic() < until:
        client.get("/studios")
        time.sleep(0.01)


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    memory.forget()


def test_a_page_is_the_same_and_asks_nothing_twice(
    kept: Target, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
):
    answering(client)
    words = [f"/studios?q={word}&radius=1300" for word in WORDS]
    for path in (*addresses(24), *words):
        assert client.get(path).text == client.get(path, headers=MADE).text, path
    known = memory._latest
    assert known
    assert known.is_indexed
    with monkeypatch.context() as patched, counted(patched) as asked:
        patched.setattr(memory, "_latest", known)
        for word in WORDS:
            client.get(f"/studios?q={word}&radius=1301")
    assert asked.statements == []


def test_a_change_is_seen_by_the_next_search(kept: Target, client: FlaskClient):
    answering(client)
    for path in addresses(12):
        client.get(path)
    studio = db.session.get(StudioProfile, _first(client))
    assert studio is not None
    studio.name = "Crimsonpier"
    db.session.commit()
    assert "Crimsonpier" in client.get("/studios?q=crimsonpier").text
    studio.is_profile_visible = False
    db.session.commit()
    assert "No studio matches" in client.get("/studios?q=crimsonpier").text


def _first(client: FlaskClient) -> int:
    href = str(client.page("/studios").select_one("main article a[href]")["href"])
    return int(href.rpartition("-")[2])


def test_what_may_not_be_served_is_not_shown_from_memory(
    kept: Target, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
):
    """Lease, revision and maintenance are asked before."""
    answering(client)
    every = addresses(24)
    for path in every[:14]:
        assert client.get(path).status_code == 200
    fresh = iter(every[14:])
    readiness.declare(frozenset({"another"}))
    try:
        assert client.get(next(fresh)).status_code == 503
    finally:
        readiness.declare(SERVES)
    assert client.get(next(fresh)).status_code == 200
    by_hand(kept, "UPDATE portal_identity SET environment = 'production'")
    assert client.get(next(fresh)).status_code == 503
    by_hand(kept, "UPDATE portal_identity SET environment = 'development'")
    begin_maintenance(kept, because="Trial", by=ANA)
    assert "maintenance-banner" in client.get(next(fresh)).text
    end_maintenance(kept, by=ANA)
    assert "maintenance-banner" not in client.get(next(fresh)).text


def test_an_index_that_is_not_whole_any_more_is_not_used(kept: Target, client: FlaskClient):
    """Also where no version says so."""
    answering(client)
    client.get("/studios?q=voice")
    known = memory._latest
    assert known
    assert known.is_indexed
    by_hand(kept, "UPDATE derived_state SET is_whole = false", "DELETE FROM derived_search")
    memory._latest = known
    for path in ("/studios?q=zoom", "/studios?near=London&q=zoom"):
        assert client.get(path).text == client.get(path, headers=MADE).text
    assert "studio-card" in client.get("/studios?q=zoom").text


def test_sets_of_another_version_are_not_used(kept: Target, client: FlaskClient):
    """Where the index was written again at the same version of the content."""
    answering(client)
    for path in addresses(12):
        client.get(path)
    known = memory._latest
    assert known
    assert known.sets_version
    by_hand(
        kept,
        "UPDATE derived_search_sets SET studios = 77 WHERE token = 'v='",
        "DELETE FROM derived_search_sets WHERE token IN ('t=home', 's=zoom')",
    )
    memory._latest = known
    path = "/studios?q=oak+voice&type=home&service=Zoom"
    assert client.get(path).text == client.get(path, headers=MADE).text
    assert memory._latest.sets_version == 77


def test_another_version_and_an_old_one_begin_with_nothing(monkeypatch: pytest.MonkeyPatch):
    class Version:
        def __init__(self, key: int, moved: int | None) -> None:
            self.key, self.moved = key, moved

    now = time.monotonic()
    first = memory.of(Version(1, None), now, 4000)
    assert memory.of(Version(1, None), now, 4000) is first
    assert memory.of(Version(2, None), now, 4000) is not first
    unmoved = memory.of(Version(3, 7), now, 4000)
    monkeypatch.setattr(module.time, "monotonic", lambda: now + 61)
    assert memory.of(Version(3, 7), now + 61, 4000) is unmoved, "nobody has written at all"
    assert memory.of(Version(3, 8), now + 61, 4000) is not unmoved
    unknown = memory.of(Version(4, None), now - 1, 4000)
    assert memory.of(Version(4, None), now + 61, 4000) is not unknown


def test_what_is_remembered_has_a_bound():
    recent: Recent[int, str] = Recent(10 * module.ENTRY)
    for number in range(100):
        recent.put(number, "x")
        assert len(recent) <= 10
        assert recent.get(0) == ("x" if number < 200 else None), "what is used stays"
    recent.put(1000, "too large", 10 * module.ENTRY)
    assert recent.get(1000) is None
