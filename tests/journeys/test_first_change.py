"""The five steps of a newcomer, in a real browser, on the whole product."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Page, expect

from tests.databases.stage import HEAD
from tests.journeys.pages import ACTION_MS, ControlRoom
from tests.journeys.stack import Stack, fetch_status

ROWS_OF_THE_DEMO = {
    "studio_images": 2163,
    "studio_services": 1531,
    "studio_studio_types": 1013,
    "reviews": 1509,
    "review_responses": 527,
}

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Stack]:
    """As a newcomer starts it, with all 642 studios."""
    with Stack(tmp_path / "instance") as stack:
        yield stack


def test_a_newcomer_changes_production_safely(fresh: Stack, page: Page) -> None:
    stack = fresh
    room = ControlRoom(page, stack)
    see_the_directory(page, stack.development)
    page.goto(stack.production)
    expect(page.get_by_role("heading", level=1)).to_have_text("We’ll be back shortly")
    assert fetch_status(stack.production) == 503

    room.log_in("ops")
    room.expect_heading("Control room")
    expect(page.get_by_text("Production is 4 changes behind.")).to_be_visible()
    start_the_change(room)
    check_back_up_and_rehearse(room)
    type_the_phrase(room)
    confirm_again_as_admin(room)
    migrate_and_verify(room)

    see_the_directory(page, stack.production)
    see_that_nothing_was_lost(stack)
    see_the_record(room)


def see_the_directory(page: Page, site: str) -> None:
    page.goto(f"{site}/studios")
    expect(page.get_by_text(re.compile(r"\b642 studios\b")).first).to_be_visible()


def start_the_change(room: ControlRoom) -> None:
    room.open("/ops/migrations", "Migrations")
    room.page.get_by_label("Why now").fill("The release of this week needs it.")
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
    type_into_stage(room, "Migrate Production")
    expect(room.page.get_by_role("alert")).to_contain_text("nothing was confirmed")
    room.expect_due("Confirm")
    type_into_stage(room, "MIGRATE PRODUCTION")
    expect(room.page.locator(".stage-done")).to_contain_text("Omar")


def confirm_again_as_admin(room: ControlRoom) -> None:
    """The second confirmation is an admin's, after a login of its own."""
    run = room.page.url
    assert room.page.get_by_label(re.compile("^Type")).count() == 0, "ops can't give it"
    room.log_out()
    room.log_in("admin")
    room.page.goto(run)
    type_into_stage(room, "production")
    room.expect_due("Migrate")
    room.log_out()
    room.log_in("ops")
    room.page.goto(run)


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


def see_that_nothing_was_lost(stack: Stack) -> None:
    """Of 679 users, 642 have a listed studio and 36 a hidden draft; the rest is in its place."""
    wanted = {
        "SELECT count(*) FROM users": 679,
        "SELECT count(*) FROM studio_profiles WHERE status = 'active'": 642,
        "SELECT count(*) FROM studio_profiles WHERE NOT is_profile_visible": 36,
        **{f"SELECT count(*) FROM {table}": rows for table, rows in ROWS_OF_THE_DEMO.items()},
    }
    with closing(sqlite3.connect(stack.data / "production.sqlite3")) as connection:
        found = {query: connection.execute(query).fetchone()[0] for query in wanted}
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    assert found == wanted


def see_the_record(room: ControlRoom) -> None:
    """Every event stands in the log, and the chain holds until somebody edits a row."""
    room.open("/ops/audit", "Audit log")
    for words in ("migration finished", "ticket approved", "ticket confirmed", "plan sealed"):
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
    room.page.get_by_label(re.compile("^Type")).fill(text)
    room.page.locator("[aria-current=step] button.button-danger").click()
    room.page.wait_for_load_state()


def test_a_run_goes_on_after_everything_was_killed(stack: Stack, page: Page) -> None:
    """What was ticked and noted stands, whoever died in between."""
    room = ControlRoom(page, stack)
    room.log_in("ops")
    room.open("/ops/runbooks/site-is-down", "The site is down")
    page.get_by_label(re.compile("^What was noticed")).fill("A visitor wrote at nine.")
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
    room.expect_due("Find out what visitors see")
    page.go_back()
    page.goto(f"{stack.development}/ops")
    expect(page.get_by_text("“The site is down”, waits for Omar.")).to_be_visible()


def kill_everything(stack: Stack) -> None:
    for process in stack.processes.values():
        for child in psutil.Process(process.pid).children(recursive=True):
            child.kill()
        process.kill()
        process.wait()
    stack.start_all()
    stack.wait_for(f"{stack.development}/healthz")
