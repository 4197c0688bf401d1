"""A preview that takes longer than its page waits: 202, a ticket, and in the end the preview."""

import os
import stat
import time
from types import SimpleNamespace

import pytest
from bs4 import BeautifulSoup

from portal.core.configuration.settings import settings
from portal.documents import tasks
from portal.documents.editor.preview_pages import STOP_ASKING
from portal.documents.previews import asking, making, tickets
from tests.documents.editor.conftest import HTMX, TEXT, browser_of
from tests.documents.editor.test_drafts import text_of
from tests.support.cast import log_in
from tests.support.pages import check_page
from tests.support.waiting import wait_until

MARK = "Words that nobody else reads"
TYPED = f"{TEXT}\n{MARK}\n"


@pytest.fixture(autouse=True)
def impatience(monkeypatch):
    """No page waits for its preview."""
    monkeypatch.setattr(asking, "WAIT", 0)


def ask(browser, headers=HTMX, **fields):
    data = {"text": TYPED, "slug": "outage", "opened": "", "viewpoint": "internal", **fields}
    return browser.post("/ops/incidents/preview", data=data, headers=headers)


def follow(browser, address, headers=HTMX):
    """Asks again until the preview is there."""
    answers = []
    wait_until(lambda: answers.append(browser.get(address, headers=headers)) or is_made(answers))
    return answers[-1]


def is_made(answers):
    assert answers[-1].status_code in {200, 202}
    return answers[-1].status_code == 200


def test_the_page_asks_again_until_it_is_there(browser):
    answer = ask(browser)
    assert answer.status_code == 202
    assert int(answer.headers["Retry-After"]) >= 1
    assert answer.headers["Cache-Control"] == "no-store"
    poll = BeautifulSoup(answer.text, "html.parser").find(attrs={"hx-get": True})
    assert poll["hx-get"] == answer.location
    assert "being made" in poll.get_text()
    made = BeautifulSoup(follow(browser, answer.location).text, "html.parser")
    assert MARK in made.find(attrs={"data-document": True}).get_text()
    assert not made.find(attrs={"hx-get": True})


def test_nothing_on_the_page_moves_until_it_is_there(browser, monkeypatch):
    """Who listens to the page hears once that it is being made, not each second."""
    monkeypatch.setattr(tickets.Ticket, "made", None)
    answer = ask(browser)
    assert "HX-Reswap" not in answer.headers
    again = browser.get(answer.location, headers=HTMX)
    assert (again.status_code, again.headers["HX-Reswap"]) == (202, "none")


def test_a_page_that_asks_by_itself_ends_with_a_ticket_that_is_gone(browser, monkeypatch):
    address = ask(browser).location
    follow(browser, address)
    monkeypatch.setattr(tickets, "LIFE", 0.0)
    answer = browser.get(address, headers=HTMX)
    assert answer.status_code == STOP_ASKING
    assert "kept for 15 minutes" in answer.text
    assert "hx-get" not in answer.text


def test_without_scripts_the_page_looks_again_and_ends_with_all_that_was_typed(browser):
    typed = {"note": "My note", "slug": "an-outage", "viewpoint": "public"}
    answer = ask(browser, headers=None, **typed)
    assert answer.status_code == 202
    page = check_page(answer.text)
    assert answer.location in page.find("meta", attrs={"http-equiv": "refresh"})["content"]
    page = check_page(follow(browser, answer.location, headers=None).text)
    assert MARK in text_of(page)
    assert page.find("input", attrs={"name": "note"})["value"] == "My note"
    assert page.find("input", attrs={"name": "slug"})["value"] == "an-outage"
    assert page.select_one("select[name=viewpoint] option[selected]")["value"] == "public"
    assert page.find("form", attrs={"data-unsaved": True})
    assert not page.find("meta", attrs={"http-equiv": "refresh"})


def test_a_page_for_writing_comes_without_waiting_and_keeps_its_words(browser, shipped):
    page = browser.page("/ops/incidents/new?start=1-outage")
    poll = page.select_one(".editor-preview-text [hx-get]")
    assert text_of(page).strip()
    assert poll.find("noscript").a["href"] == poll["hx-get"]
    assert "data-document" in follow(browser, poll["hx-get"]).text


def test_what_is_refused_is_shown_with_its_words_at_once(browser):
    data = {"text": TYPED, "slug": "no such address", "opened": ""}
    answer = browser.post("/ops/incidents/publications", data=data)
    assert answer.status_code == 422
    assert MARK in text_of(check_page(answer.text))


def test_no_other_person_gets_it_nor_another_login_of_the_same_one(app, browser, omar):
    address = ask(browser).location
    other = app.test_client()
    log_in(other, omar)
    for stranger in (other, browser_of(app, "ana"), browser_of(app, "cleo")):
        for headers in (HTMX, None):
            answer = stranger.get(address, headers=headers)
            assert answer.status_code in {403, 404} | ({STOP_ASKING} if headers else set())
            assert MARK not in answer.text
    assert follow(browser, address).status_code == 200
    assert other.get(address).status_code == 404
    assert browser_of(app, "stranger").get(address).status_code == 303


def test_a_ticket_is_good_only_at_the_address_that_gave_it(app):
    browser = browser_of(app, "ana")
    address = ask(browser).location
    elsewhere = address.replace("/ops/incidents/", "/ops/emails/templates/")
    assert browser.get(elsewhere).status_code == 404


@pytest.mark.parametrize("key", ["A" * 58, "1", "../../ops.sqlite3", "a" * 58, "%00", "É" * 58])
def test_what_is_no_ticket_is_not_there(browser, key):
    assert browser.get(f"/ops/incidents/preview/{key}").status_code == 404


def kept():
    return sorted((settings().data / "previews").iterdir())


def test_nothing_typed_is_on_the_disk_or_in_the_log(browser, caplog):
    caplog.set_level("DEBUG", logger="portal")
    follow(browser, ask(browser).location)
    assert len(kept()) == 2
    for path in kept():
        assert MARK.encode() not in path.read_bytes()
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(kept()[0].parent.stat().st_mode) == 0o700
    assert MARK not in caplog.text


def test_a_preview_is_gone_after_a_while_and_goes_from_the_disk(browser, monkeypatch):
    address = ask(browser).location
    follow(browser, address)
    monkeypatch.setattr(tickets, "LIFE", 0.0)
    answer = browser.get(address)
    assert answer.status_code == 404
    assert "kept for 15 minutes" in answer.text
    before = kept()
    ask(browser)
    assert not set(before) & set(kept())


def test_the_worker_forgets_what_is_too_old_and_what_a_wrong_clock_wrote(browser):
    for moved in (-tickets.LIFE - 1, tickets.LIFE):
        follow(browser, ask(browser).location)
        for path in kept():
            os.utime(path, (time.time() + moved,) * 2)
    old = kept()
    follow(browser, ask(browser).location)
    new = set(kept()) - set(old)
    tasks.forget_old_previews()
    assert set(kept()) == new


def test_a_clock_that_is_set_back_a_little_loses_no_preview(browser, monkeypatch):
    address = ask(browser).location
    monkeypatch.setattr(tickets, "time", SimpleNamespace(time=lambda: time.time() - 5))
    assert MARK in follow(browser, address).text


def test_what_lies_there_and_cannot_be_removed_does_no_damage(browser):
    follow(browser, ask(browser).location)
    folder = settings().data / "previews"
    (folder / "lost+found").mkdir()
    (folder / "elsewhere").symlink_to(folder / "nowhere")
    for path in folder.iterdir():
        os.utime(path, (1, 1), follow_symlinks=False)
    assert MARK in follow(browser, ask(browser).location).text
    assert (folder / "lost+found").is_dir()
    assert not (folder / "elsewhere").is_symlink()


def test_only_so_many_are_kept(browser, monkeypatch):
    monkeypatch.setattr(tickets, "MOST", 2)
    for _ in range(4):
        follow(browser, ask(browser).location)
    assert len(kept()) <= 2 * 2 + 2


def test_whatever_damages_a_ticket_it_is_gone_and_not_an_error(browser):
    address = ask(browser).location
    follow(browser, address)
    for path in kept():
        path.write_bytes(path.read_bytes()[:-7])
    assert browser.get(address).status_code == 404


def lost(path):
    """As if the process that was to make it had gone a while ago."""
    asking._under_way.clear()
    then = time.time() - asking.LOST - 1
    os.utime(path, (then, then))


def test_another_process_makes_what_one_that_is_gone_was_to_make(browser):
    address = ask(browser).location
    follow(browser, address)
    made, asked = sorted(kept(), key=lambda path: path.suffix, reverse=True)
    made.unlink()
    lost(asked)
    assert browser.get(address, headers=HTMX).status_code == 202
    assert MARK in follow(browser, address).text


def test_a_preview_that_was_never_made_is_given_up_in_a_sentence(browser, monkeypatch):
    monkeypatch.setattr(asking, "GIVEN_UP", 0.0)
    address = ask(browser).location
    follow(browser, address)
    made, asked = sorted(kept(), key=lambda path: path.suffix, reverse=True)
    made.unlink()
    lost(asked)
    answer = browser.get(address)
    assert answer.status_code == 200
    page = check_page(answer.text)
    assert "was not made" in page.select_one(".editor-preview-text").get_text()
    assert MARK in text_of(page)


def test_too_many_is_said_where_the_preview_would_be_and_the_words_stay(browser, monkeypatch):
    monkeypatch.setattr(making, "WAITING", 0)
    assert "Too many previews" in ask(browser).text
    page = check_page(ask(browser, headers=None).text)
    assert "Too many previews" in page.select_one(".editor-preview-text").get_text()
    assert MARK in text_of(page)


def test_without_room_on_the_disk_it_is_said(browser):
    (settings().data / "previews").write_text("no folder")
    assert "can’t be kept" in ask(browser).text.replace("&#39;", "’").replace("'", "’")
