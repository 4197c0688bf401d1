"""The table and the page of a studio, through the control room's own client."""

from urllib.parse import quote

from flask import Flask

from portal.core.storage.database import changing_directory, db
from portal.databases.targets.config import Target
from portal.directory.models import StudioProfile, User
from tests.directory.admin.studios import fill, make_all
from tests.support.cast import log_in, make_account
from tests.support.owners import log_in_site
from tests.support.pages import PageClient, words

TABLE = "/ops/directory"
HOSTILE = "<b>bold</b> \u202egnirts\u202c \U0001f399\ufe0f {{ 7*7 }} " + "ä" * 150


def rows(page) -> list[str]:
    return [words(each.select_one("th a")) for each in page.select("table.studios tbody tr")]


def test_the_table_says_which_and_how_many(room: PageClient, target: Target) -> None:
    empty = room.page(TABLE)
    assert "No studios yet" in words(empty.main)
    assert empty.select_one('a[href="/ops/directory/imports"]')

    made = make_all()
    fill(target)
    page = room.page(f"{TABLE}?size=25")
    assert (len(rows(page)), "30 studios" in words(page.main)) == (25, True)
    assert "DEVELOPMENT" in words(page.select_one(".band"))
    following = page.select_one('a[rel="next"]')["href"]
    assert len(rows(room.page(following))) == 5
    assert not room.page(following).select('a[rel="next"]')
    ticked = room.page(f"{TABLE}?tick=all").select('input[name="numbers"][checked]')
    assert sorted(int(each["value"]) for each in ticked) == sorted(made)

    some = room.page(f"{TABLE}?q=quiet&verified=yes&sort=name")
    assert "2 studios match" in words(some.main)
    assert [words(each) for each in some.select(".chips a")] == [
        "Search: quiet", "Verified: yes", "All studios",
    ]  # fmt: skip
    form = some.select_one("form[data-select]")
    assert form.select_one('input[name="filter"]')["value"] == "q=quiet&verified=yes"
    assert "all 2 that match" in words(form)
    assert some.select_one('th[aria-sort="ascending"]').text.strip() == "Name"

    none = room.page(f"{TABLE}?q=quiet&city=nowhere&state=draft")
    assert "Nothing matches" in words(none.main)
    assert len(none.select(".chips a")) == 4


def test_columns_are_chosen_without_a_script(room: PageClient, target: Target) -> None:
    make_all(3)
    usual = room.page(TABLE)
    assert "Email" not in [words(each) for each in usual.select("thead th")]
    answer = room.get(f"{TABLE}?columns=1&show=email&show=types&show=nonsense&sort=name")
    assert (answer.status_code, answer.location) == (303, "/ops/directory?sort=name")
    head = [words(each) for each in room.page(answer.location).select("thead th")]
    assert head == ["Name", "Email", "Types"]


def test_only_admins(app: Flask, target: Target) -> None:
    number = make_all(1)[0]
    paths = [TABLE, f"{TABLE}/studios/{number}", f"{TABLE}/studios/{number}/staff"]
    for name in ("omar", "cleo"):
        client = app.test_client()
        log_in(client, make_account(name))
        db.session.rollback()
        assert {client.get(each).status_code for each in paths} == {403}, name
    owner = app.test_client()
    log_in_site(owner, db.session.get_one(User, 1))
    for each in paths:
        assert "/ops/login" in owner.get(each).location


def test_hostile_words_stay_words(room: PageClient, target: Target) -> None:
    number = make_all(1)[0]
    with changing_directory():
        studio = db.session.get_one(StudioProfile, number)
        studio.name, studio.city = HOSTILE[:200], HOSTILE[:120]
        studio.user.display_name = HOSTILE[:120]
        studio.website_url = "https://<script>alert(1)</script>.example/"
    fill(target)
    shown = "columns=1&" + "&".join(f"show={each}" for each in ("city", "owner", "website"))
    room.get(f"{TABLE}?{shown}")
    for path in (TABLE, f"{TABLE}/studios/{number}", f"{TABLE}/studios/{number}/identity"):
        page = room.page(path)
        assert not page.main.select("b, script"), path
        assert "49" not in words(page.h1)
    found = room.page(f"{TABLE}?q={quote(HOSTILE[:20])}&sort=name&after={quote(HOSTILE)}")
    assert "1 studio matches" in words(found.main)


def test_a_studios_page_has_everything_but_messages(room: PageClient, target: Target) -> None:
    made = make_all()
    page = room.page(f"{TABLE}/studios/{made[6]}")
    said = words(page.main)
    assert "imported, and not claimed" in said
    assert "desk6@studio.example" in said
    page = room.page(f"{TABLE}/studios/{made[3]}")
    assert "Owner 3" in words(page.main)
    values = {each["value"] for each in page.select('button[name="action"]')}
    assert {"publish", "hide", "unverify", "feature", "hand-over", "delete"} == values
    deleted = room.page(f"{TABLE}/studios/{made[10]}")
    assert {each["value"] for each in deleted.select('button[name="action"]')} == {"return"}
    assert room.page(f"{TABLE}/studios/{made[3]}/preview").h1
    assert room.get(f"{TABLE}/studios/4711").status_code == 404
