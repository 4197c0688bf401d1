"""What an owner changes by the pages is public at once: lists, counts, search, version."""

from typing import cast

import pytest
from flask import Flask

from portal.databases.targets.config import Target
from tests.directory.derived.conftest import bring_to
from tests.directory.derived.looking import content_version, differing, whole
from tests.directory.owners.editing import Editor
from tests.directory.pages.studios import make_studio
from tests.support.owners import log_in_site, make_user
from tests.support.pages import PageClient, words

WITH_ACCOUNTS = "c4a8e1b7f390"
WHOLE = {"ratings", "counts", "search", "admin"}


@pytest.fixture
def editor(app: Flask, kept: Target) -> Editor:
    bring_to(kept, WITH_ACCOUNTS)
    client = cast(PageClient, app.test_client())
    log_in_site(client, make_user())
    return Editor(client)


def found(client: PageClient, query: str) -> list[str]:
    return [words(each) for each in client.page(f"/studios?{query}").select(".studio-card h2")]


def count(client: PageClient) -> int:
    lead = words(client.page("/").select_one(".lead"))
    return int(lead.partition(" ")[0])


def test_every_step_is_seen_at_once_and_kept_right(
    app: Flask, kept: Target, editor: Editor
) -> None:
    visitor = cast(PageClient, app.test_client())
    before, version = count(visitor), content_version(kept)
    editor.complete("Zanzibar Booth")
    assert (count(visitor), found(visitor, "q=zanzibar")) == (before, [])
    editor.press("publish")
    assert (count(visitor), found(visitor, "q=zanzibar")) == (before + 1, ["Zanzibar Booth"])
    assert found(visitor, "near=london&type=home&q=zanzibar") == ["Zanzibar Booth"]
    later = content_version(kept)
    assert later != version
    address = visitor.page("/studios?q=zanzibar").select_one(".studio-card h2 a")["href"]
    for _ in range(3):  # kept by the process, where it may be
        assert visitor.get(address).status_code == 200
    changes = {
        "identity": {"name": "Kilimanjaro Booth"},
        "place": {"city": "Bristol"},
        "types": {"types": ["podcast"], "connections": ["ipDTL"]},
        "equipment": {"equipment_list": "Xylophonic mixer"},
        "rates": {"rate_tier_3": "45", "show_rates": "y"},
        "hours": {"monday": "9-17"},
    }
    for section, typed in changes.items():
        assert editor.save(section, **typed).status_code == 303
        assert content_version(kept) != later, section
        later = content_version(kept)
        assert (whole(kept), differing(kept)) == (WHOLE, {}), section
    assert found(visitor, "q=zanzibar") == []
    for query in ("q=kilimanjaro", "q=xylophonic", "near=bristol&connection=ipDTL&type=podcast"):
        assert "Kilimanjaro Booth" in found(visitor, query), query
    assert "Kilimanjaro Booth" in found(visitor, "rates=50&q=kilimanjaro")
    moved = visitor.get(address)
    assert (moved.status_code, "kilimanjaro" in moved.headers["Location"]) == (301, True)
    editor.press("hide")
    assert (count(visitor), found(visitor, "q=kilimanjaro")) == (before, [])
    assert (whole(kept), differing(kept)) == (WHOLE, {})
    assert visitor.get(address).status_code == 410
    editor.press("show")
    assert (count(visitor), found(visitor, "q=kilimanjaro")) == (before + 1, ["Kilimanjaro Booth"])


def test_a_similar_name_is_found_by_the_index(editor: Editor) -> None:
    make_studio("Crimson Pier Studio")
    editor.save("place", city="London")
    window = editor.open("identity")
    for typed in ("CrimsonPier", "Crimson Peir Sound", "The Crimson Pier"):
        answer = window.keep(name=typed)
        assert "There is already “" in answer.text, typed
        assert "Crimson Pier Studio" in answer.text, typed
