"""Three clients are told of an incident in a real browser, click by click, by real messages."""

import re
import time
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import strict

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.pages import ACTION_MS, ControlRoom
from tests.journeys.soundness import faults_on
from tests.journeys.stack import Stack

pytestmark = pytest.mark.timeout(300)

MOST_CLICKS = 12
INCIDENT = re.compile("directory was offline")
#: A press of the mouse is a click, a ticked box and an opened list included; typing is none.
COUNTER = """addEventListener("pointerdown", event => {
  const hit = event.target.closest("a, button, input, label, select, textarea, summary");
  if (event.isTrusted) clicked(hit ? hit.innerText || hit.name || hit.tagName : "nothing");
}, true)"""
FIELDS = {
    "What happened": "A test run reached the real database.",
    "What we did": "We found it after 15 minutes, and brought the matching code.",
    "What changes": "Production asks twice before anything changes.",
}


def test_three_clients_are_informed_in_at_most_twelve_clicks(stack: Stack, page: Page) -> None:
    room, clicks = ControlRoom(page, stack), count_clicks(page)
    room.log_in("ops")
    room.open("/ops/incidents", "Incidents")
    clicks.clear()
    page.get_by_role("link", name=INCIDENT).click()
    page.get_by_role("link", name="Tell clients").click()
    page.get_by_role("link", name="What happened").click()
    for label, text in FIELDS.items():
        page.get_by_label(label, exact=True).fill(text)
    for person in page.get_by_role("checkbox").all():
        person.click()
    page.get_by_role("button", name="Create drafts").click()
    look_at_the_message(page)
    for _ in range(3):
        page.get_by_role("button", name=re.compile("^Approve and send to ")).click()
    room.expect_heading("Messages")
    told = letters_in(stack, 3)
    assert len(clicks) <= MOST_CLICKS, clicks
    assert clicks[-1].startswith("Approve and send to ")
    assert len({letter["To"].addresses[0].addr_spec for letter in told}) == 3
    assert all(FIELDS["What happened"] in text_of(letter) for letter in told)
    expect_told(room, page)
    room.open("/ops/mailbox", "Mailbox")
    page.locator("main table a").first.click()
    page.wait_for_load_state()
    assert faults_on(page, 1280) == []


def look_at_the_message(page: Page) -> None:
    """Both widths, light and dark whatever the browser prefers; usable by everybody."""
    expect(page.get_by_text("Ready to send.")).to_be_visible()
    shown = [
        (
            frame.evaluate("innerWidth"),
            frame.evaluate("getComputedStyle(document.querySelector('.letter')).backgroundColor"),
        )
        for frame in page.frames[1:]
    ]
    light, dark = "rgb(255, 255, 255)", "rgb(33, 31, 28)"
    assert shown == [(390, light), (390, dark), (700, light), (700, dark)]
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        assert faults_on(page, width) == []


def expect_told(room: ControlRoom, page: Page) -> None:
    """The incident says who was told."""
    room.page.goto(f"{room.stack.development}/ops/incidents")
    page.get_by_role("link", name=INCIDENT).click()
    page.get_by_role("link", name="Updates", exact=True).click()
    rows = page.get_by_role("region", name="Messages about this incident").locator("tbody tr")
    expect(rows).to_have_count(3)
    for row in rows.all():
        expect(row).to_contain_text("sent")


def count_clicks(page: Page) -> list[str]:
    """What is pressed from now on, on every page."""
    clicks: list[str] = []
    page.expose_binding("clicked", lambda _source, what: clicks.append(what))
    page.add_init_script(COUNTER)
    return clicks


def letters_in(stack: Stack, count: int) -> list[EmailMessage]:
    """The messages to clients that the worker wrote into the demo's folder, once so many are there;
    staff get notices of the demo's outage, and owners letters of the site."""
    deadline = time.monotonic() + ACTION_MS / 1000
    while len(found := _to_clients(stack)) < count and time.monotonic() < deadline:
        time.sleep(0.1)
    assert len(found) == count
    return found


def _to_clients(stack: Stack) -> list[EmailMessage]:
    files = sorted((stack.data / "mail").glob("*.eml"))
    found = [message_from_bytes(file.read_bytes(), policy=strict) for file in files]
    owners = ("@studio.example", "@example.com")
    return [
        each
        for each in found
        if "/ops/outages/" not in text_of(each) and not str(each["To"]).endswith(owners)
    ]


def text_of(letter: EmailMessage) -> str:
    plain = letter.get_body(("plain",))
    return " ".join(str(plain.get_content()).split()) if plain else ""
