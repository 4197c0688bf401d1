"""A reviewer, an owner who answers, and an admin who imports, moderates, acts on many studios and
takes that back: in a real browser, at both widths."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.journeys.pages import ControlRoom
from tests.journeys.stack import Stack
from tests.journeys.test_owner import PASSWORD, path_in_mail
from tests.support.trials import IN_TRIALS

pytestmark = pytest.mark.timeout(300)

WIDTHS = {"wide": 1280, "phone": 390}
MARKS = {"wide": "Zennor", "phone": "Zetland"}
"""A word that no other studio's name has."""
CSV = """Studio;Town;Website;Kind;E-mail
Harbour Voice {mark};Bristol;https://harbour-{mark}.example;Recording;front@harbour-{mark}.example
"Quay Booth
{mark}";Bristol;https://quay-{mark}.example;Podcast;hello@quay-{mark}.example
Nowhere {mark};Bristol;not an address;Podcast;
"""


@pytest.mark.parametrize("how", WIDTHS if IN_TRIALS else ["phone"])
def test_a_review_is_written_approved_and_answered(
    browser: Browser, stack: Stack, how: str
) -> None:
    reader, staff, owner = (_context(browser, how) for _ in range(3))
    words = f"Quiet, on time, and the line held for two hours ({how})."
    page, studio = reader.new_page(), _of_ben(stack, owner)
    email = f"rita.{how}@example.com"
    _sign_up(page, stack, email)
    page.goto(studio)
    page.get_by_role("link", name="Write a review").click()
    page.get_by_label("4 stars").check()
    page.get_by_role("textbox", name="Your review").fill(words)
    page.get_by_role("button", name="Send the review").click()
    expect(page.get_by_text("waits for staff").first).to_be_visible()
    assert _fits(page, how)

    room = ControlRoom(staff.new_page(), stack)
    room.log_in("admin")
    room.open("/ops/directory/queue?kind=review", "Queue")
    while words not in (room.page.locator("#item").text_content() or ""):
        room.page.keyboard.press("n")
        room.page.wait_for_url(re.compile("after="))
    assert _fits(room.page, how)
    room.page.keyboard.press("a")
    expect(room.page.locator(".queue-done")).to_contain_text("approved", ignore_case=True)

    mine = owner.pages[0]
    mine.goto(f"{stack.development}/me/studio/reviews")
    article = mine.locator("article", has_text=words)
    article.get_by_role("link", name="Answer").click()
    mine.get_by_label("Your answer").fill("Thank you, come back.")
    mine.get_by_role("button", name="Answer").click()
    assert _fits(mine, how)

    stranger = browser.new_context().new_page()
    stranger.goto(studio)
    expect(stranger.get_by_text(words)).to_be_visible()
    page.goto(f"{stack.development}/me/reviews")
    expect(page.get_by_text("Thank you, come back.")).to_be_visible()
    for each in (reader, staff, owner, stranger.context):
        each.close()


@pytest.mark.parametrize("how", WIDTHS if IN_TRIALS else ["wide"])
def test_an_admin_imports_acts_on_many_and_takes_it_back(
    browser: Browser, stack: Stack, tmp_path: Path, how: str
) -> None:
    context, mark = _context(browser, how), MARKS[how]
    room = ControlRoom(context.new_page(), stack)
    page = room.page
    room.log_in("admin")
    room.open("/ops/directory/imports", "Imports")
    file = tmp_path / f"studios-{how}.csv"
    file.write_bytes(CSV.format(mark=mark).encode("cp1252"))
    page.locator("input[type=file]").set_input_files(file)
    room.press("Upload")
    assert _fits(page, how)
    page.get_by_label("published", exact=False).first.check()
    room.press("Run the dry run")
    expect(page.get_by_role("heading", name="What the dry run found")).to_be_visible()
    expect(page.get_by_role("table", name="Bad rows")).to_contain_text("Website")
    page.get_by_label(re.compile("Leave the bad row out")).check()
    room.press(re.compile("Import 2 studios"))
    expect(page.get_by_text("2 studios").first).to_be_visible()

    room.open(f"/ops/directory?q={mark}", "Studios")
    expect(page.get_by_role("checkbox", name=re.compile("^Select .*, number"))).to_have_count(2)
    assert _fits(page, how)
    page.get_by_label("all 2 that match").check()
    room.press("Hide")
    page.get_by_label("Reason").fill("They asked to wait until spring.")
    room.press(re.compile("^Hide"))
    expect(page.get_by_text("2 changed")).to_be_visible()
    assert _fits(page, how)
    room.press(re.compile("^Take"))
    expect(page.get_by_text("2 changed")).to_be_visible()
    stranger = browser.new_context().new_page()
    stranger.goto(f"{stack.development}/studios?q=Harbour+Voice+{mark}")
    expect(stranger.get_by_role("heading", name=f"Harbour Voice {mark}")).to_be_visible()
    stranger.context.close()
    context.close()


def _context(browser: Browser, how: str) -> BrowserContext:
    return browser.new_context(viewport={"width": WIDTHS[how], "height": 844})


def _fits(page: Page, how: str) -> bool:
    return page.evaluate("document.documentElement.scrollWidth") <= WIDTHS[how]


def _of_ben(stack: Stack, context: BrowserContext) -> str:
    """The address of the demo owner's studio, who is logged in."""
    page, login = context.new_page(), stack.logins["owner"]
    page.goto(f"{stack.development}/login")
    page.get_by_label("Email address").fill(login["email"])
    page.get_by_label("Password", exact=True).fill(login["password"])
    page.get_by_role("button", name="Log in").click()
    page.goto(f"{stack.development}/me/studio")
    page.get_by_role("link", name="Open its page").click()
    return page.url


def _sign_up(page: Page, stack: Stack, email: str) -> None:
    page.goto(f"{stack.development}/signup")
    page.get_by_label("Your name").fill("Rita Wren")
    page.get_by_label("Email address").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Create account").click()
    page.goto(f"{stack.development}{path_in_mail(stack, email)}")
    page.get_by_role("button", name="Confirm and open the account").click()
