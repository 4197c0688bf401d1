"""The first change of a newcomer, who has the addresses and logins that `make run` prints: by
keyboard, in a real browser, on the whole product. One login, and few clicks.
"""

import re
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Page, expect

from tests.databases.stage import HEAD
from tests.journeys.keyboard import Keyboard
from tests.journeys.pages import ACTION_MS, ControlRoom
from tests.journeys.soundness import faults_in_other_looks, faults_on
from tests.journeys.stack import Stack, fetch_status

STUDIOS, DRAFTS = 60, 3
MOST_CLICKS = 15
"""From the login page to the end of the run; the change is verified two before that."""
TABLES = (
    *("users", "studio_images", "studio_services", "studio_studio_types"),
    *("reviews", "review_responses"),
)

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Stack]:
    """As `make run` starts it (see tests/trials/test_make_run.py), with fewer studios."""
    with Stack(tmp_path / "instance", studios=STUDIOS, forked=True) as stack:
        yield stack


def test_a_newcomer_changes_production_safely(fresh: Stack, page: Page) -> None:
    stack, rows = fresh, counts(fresh, TABLES)
    room = Keyboard(page, stack)
    see_the_directory(page, stack.development)
    page.goto(stack.production)
    expect(page.get_by_role("heading", level=1)).to_have_text("The directory is not available")
    assert fetch_status(stack.production) == 503

    page.goto(f"{stack.development}/ops/login")
    room.press("Log in as Ana (admin)")
    room.expect_heading(re.compile("Production .* visitors"))
    start_the_change(room)
    check_back_up_and_rehearse(room)
    type_the_phrase(room)
    confirm_again(room)
    migrate_and_verify(room)
    assert len(room.used) <= MOST_CLICKS, room.used
    see_the_end(room)

    see_the_directory(page, stack.production)
    see_that_nothing_was_lost(stack, rows)
    see_the_record(room)


def see_the_directory(page: Page, site: str) -> None:
    page.goto(f"{site}/studios")
    expect(page.get_by_text(re.compile(rf"\b{STUDIOS} studios\b")).first).to_be_visible()


def start_the_change(room: ControlRoom) -> None:
    room.push(room.page.get_by_role("link", name="Review the change").first)
    room.expect_heading("Migrations")
    room.type_into(room.page.get_by_label("Why now"), "The release of this week needs it.")
    room.press("Start the change")
    room.expect_heading("Migrate a production database")
    expect(room.page.locator(".band").first).to_contain_text("PRODUCTION")


def check_back_up_and_rehearse(room: ControlRoom) -> None:
    room.expect_due("Check the environment")
    room.press(re.compile("^Check the database"))
    room.expect_due("Back up and verify the backup")
    room.press(re.compile("^Back up and verify"))
    room.expect_due("Rehearse on the restored copy")
    room.press("Rehearse the change")
    due = room.page.locator("[aria-current=step]")
    expect(due).to_contain_text("every image is on its studio", timeout=ACTION_MS)
    expect(due).to_contain_text("ALTER TABLE studios RENAME TO studio_profiles")
    room.tick_all()
    room.press("Done")


def type_the_phrase(room: ControlRoom) -> None:
    """Nearly right is refused, and the run stays where it is."""
    room.expect_due("Confirm")
    look_at_the_confirmation(room)
    type_into_stage(room, "Migrate Production")
    room.used.pop()  # nobody has to
    expect(room.page.locator("[aria-current=step]")).to_contain_text("nothing was confirmed")
    expect(room.page.get_by_label(re.compile("^Type"))).to_be_focused()
    type_into_stage(room, "MIGRATE PRODUCTION")
    expect(room.page.locator(".stage-done")).to_contain_text("Ana")


def look_at_the_confirmation(room: ControlRoom) -> None:
    """The four lines, what was done is announced, and the button is in reach on a phone."""
    page = room.page
    expect(page.locator(".plan-lines li")).to_have_count(3)
    expect(page.locator(".plan-lines li").first).to_contain_text("56 of 56 checks passed")
    expect(page.locator("[role=status][data-announce]")).to_contain_text("is done.")
    assert faults_on(page, 1280) == []
    for width in (320, 390):
        page.set_viewport_size({"width": width, "height": 4000})  # the button covers nothing
        assert faults_in_other_looks(page, width) == []
        page.set_viewport_size({"width": width, "height": 844})
        expect(page.locator(".run-steps summary")).to_have_text("4 of 6 · Confirm")
        page.evaluate("scrollTo(0, 0)")
        expect(page.get_by_role("button", name="Confirm the plan")).to_be_in_viewport(ratio=1)
    page.set_viewport_size({"width": 1280, "height": 900})
    page.locator("#due").focus()


def confirm_again(room: ControlRoom) -> None:
    """The same person, with the password in the same form: nobody logs in twice."""
    password = room.page.locator("#confirm-second input[type=password]")
    room.type_into(room.page.get_by_label(re.compile("^Type")), "production")
    room.type_into(password, room.stack.logins["admin"]["password"])
    room.push(room.page.locator("[aria-current=step] button.button-danger"))
    room.expect_due("Migrate")


def migrate_and_verify(room: ControlRoom) -> None:
    room.press(re.compile(f"^Migrate production to {HEAD}"))
    room.expect_due("Verify")
    room.press("Verify the change")
    expect(room.page.locator("[aria-current=step]")).to_contain_text(
        "with the schema that the change left", timeout=ACTION_MS
    )
    room.tick_all()
    room.press("Done")
    expect(room.page.locator("[aria-current=step]")).to_have_count(0)


def see_the_end(room: ControlRoom) -> None:
    """One sentence, what to do next, and a backup of the new state that nobody asked for."""
    page = room.page
    expect(page).to_have_title(re.compile("^Done · production"))
    expect(page.locator("#due")).to_be_focused()
    expect(page.locator(".run-sentence")).to_contain_text(f"Production is at {HEAD}")
    expect(page.locator("#keeping")).to_contain_text("backed up and verified", timeout=ACTION_MS)
    links = page.locator(".run-next a")
    expect(links).to_have_text(["Open the site", "Tell clients", "Download the record"])
    assert faults_on(page, 1280) == []


def see_that_nothing_was_lost(stack: Stack, before: dict[str, int]) -> None:
    """Each studio is listed, a user without one has a hidden draft; the rest is in its place."""
    wanted = before | {
        "studio_profiles WHERE status = 'active'": STUDIOS,
        "studio_profiles WHERE NOT is_profile_visible": DRAFTS,
    }
    assert counts(stack, wanted) == wanted
    with closing(sqlite3.connect(stack.data / "production.sqlite3")) as connection:
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


def counts(stack: Stack, tables: Iterable[str]) -> dict[str, int]:
    with closing(sqlite3.connect(stack.data / "production.sqlite3")) as connection:
        return {
            each: connection.execute(f"SELECT count(*) FROM {each}").fetchone()[0]
            for each in tables
        }


def see_the_record(room: ControlRoom) -> None:
    """Every event stands in the log, and the chain holds until somebody edits a row."""
    room.open("/ops/audit", "Audit log")
    for fold in room.page.locator("main table summary").all():
        fold.click()
    for words in (
        "finished the migration",
        "approved the change",
        "confirmed the change",
        "locked the plan of a change",
    ):
        expect(room.page.locator("main table").get_by_text(words).first).to_be_visible()
    assert room.stack.flask("audit", "verify").code == 0
    edit_by_hand(room.stack)
    found = room.stack.flask("audit", "verify")
    assert found.code == 1
    assert re.search(r"\b3\b", found.said)


def edit_by_hand(stack: Stack) -> None:
    with closing(sqlite3.connect(stack.data / "ops.sqlite3")) as connection:
        connection.execute("DROP TRIGGER audit_no_update")
        connection.execute(
            "UPDATE audit SET canonical = replace(canonical, 'done', 'dome') WHERE seq = 3"
        )
        connection.commit()


def type_into_stage(room: ControlRoom, text: str) -> None:
    room.type_into(room.page.get_by_label(re.compile("^Type")), text)
    room.push(room.page.locator("[aria-current=step] button.button-danger"))


def test_a_run_goes_on_after_everything_was_killed(stack: Stack, page: Page) -> None:
    """What was ticked and noted stands, whoever died in between."""
    room = ControlRoom(page, stack)
    page.goto(f"{stack.development}/ops/login?next=/ops/runbooks/site-is-down")
    room.press("Log in as Omar (ops)")
    room.expect_heading("The site is down")
    room.press("Start run")
    room.tick_all()
    page.get_by_label(re.compile("^Note")).fill("Omar drives, Ana knows.")
    room.press("Save for later")
    run = page.url
    kill_everything(stack)
    page.goto(run)
    expect(page.get_by_label(re.compile("^Note"))).to_have_value("Omar drives, Ana knows.")
    assert page.locator("[aria-current=step] input[type=checkbox]").first.is_checked()
    room.press("Done")
    room.expect_due("Find the cause")
    page.go_back()
    page.goto(f"{stack.development}/ops")
    expect(page.get_by_text(re.compile("“The site is down”, waits for you"))).to_be_visible()


def kill_everything(stack: Stack) -> None:
    for process in stack.processes.values():
        for child in psutil.Process(process.pid).children(recursive=True):
            child.kill()
        process.kill()
        process.wait()
    stack.start_all()
    stack.wait_for(f"{stack.development}/healthz")
