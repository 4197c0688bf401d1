"""The server, the login or the page is gone while somebody writes; their words are not."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.pages import ControlRoom
from tests.journeys.stack import Stack
from tests.support.waiting import wait_until

pytestmark = pytest.mark.timeout(300)

SAVED = re.compile(r"^Saved \d\d:\d\d:\d\d\.$")


def words_at(page: Page, address: str) -> str:
    """As the page shows them; what is sent when a page is left arrives a moment later."""
    page.goto(address)
    return page.get_by_label("Text", exact=True).input_value()


def state(page: Page):
    return page.locator("[data-keep-say]")


def test_a_server_that_does_not_answer_is_said_and_tried_again(stack: Stack, page: Page) -> None:
    room = ControlRoom(page, stack)
    room.log_in("ops")
    room.open("/ops/incidents/new?start=", "Write a report")
    page.route("**/drafts/words", lambda route: route.abort())
    text = page.get_by_label("Text", exact=True)
    text.fill("# Words for a silent server")
    expect(state(page)).to_contain_text("the server does not answer; your words are still here")
    expect(page.get_by_role("status").filter(has_text="does not answer")).to_have_count(1)
    page.unroute("**/drafts/words")
    expect(state(page)).to_have_text(SAVED, timeout=60_000)


def test_a_login_that_ended_loses_no_word(stack: Stack, page: Page) -> None:
    """It ends under the page; the login is made in another tab; then what was pressed goes on."""
    room = ControlRoom(page, stack)
    room.log_in("ops")
    room.open("/ops/incidents/new?start=", "Write a report")
    page.context.clear_cookies()
    page.get_by_label("Text", exact=True).fill("# The login ended\n\n2026-01-01\n")
    page.evaluate(
        "htmx.ajax('GET', '/ops/incidents', {target: '.editor-preview-text'})"
    )  # as a poll asks
    page.get_by_role("button", name="Save draft").click()
    expect(state(page)).to_contain_text("Log in again in another tab")
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Log in", exact=True).click()
    ControlRoom(opened.value, stack).log_in("ops")
    opened.value.close()
    page.bring_to_front()
    expect(state(page)).to_have_text(SAVED, timeout=60_000)
    page.get_by_role("button", name="Save draft").click()
    page.wait_for_url("**/ops/incidents/the-login-ended/edit")


def test_a_second_tab_sees_a_notice_and_keeps_its_words(stack: Stack, page: Page) -> None:
    room = ControlRoom(page, stack)
    room.log_in("ops")
    page.goto(f"{stack.development}/ops/incidents")
    page.locator("main a[href^='/ops/incidents/2']").first.click()
    address = f"{page.url.partition('?')[0]}/edit"
    page.goto(address)
    other = page.context.new_page()
    other.goto(address)
    page.get_by_label("Text", exact=True).fill("# From the first")
    expect(state(page)).to_have_text(SAVED)
    other.get_by_label("Text", exact=True).fill("# From the second")
    expect(state(other)).to_contain_text("kept as a draft of their own")
    for tab, words in ((page, "# From the first, more"), (other, "# From the second, more")):
        tab.bring_to_front()
        tab.get_by_label("Text", exact=True).fill(words)
        tab.evaluate("dispatchEvent(new Event('pagehide'))")
    wait_until(lambda: words_at(page, address) == "# From the first, more\n")
    page.get_by_role("button", name="Discard the draft").click()
    page.get_by_role("link", name=re.compile("words from another page")).click()
    expect(page.get_by_label("Text", exact=True)).to_have_value("# From the second, more\n")
    page.get_by_role("button", name="Discard the draft").click()
