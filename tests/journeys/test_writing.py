"""Writing a report in a real browser: preview, a dropped picture, and publishing it."""

from base64 import b64encode
from io import BytesIO

import pytest
from PIL import Image
from playwright.sync_api import ConsoleMessage, Dialog, Page, expect

from tests.journeys.pages import ControlRoom
from tests.journeys.stack import Stack

pytestmark = pytest.mark.timeout(300)

TEXT = """---
title: Search was slow
date: 2025-12-16
audience: clients
---

# Search was slow

It was slow for an hour.

/// internal
The index was rebuilt by hand.
///

"""
DROP = """base64 => {
  const bytes = Uint8Array.from(atob(base64), letter => letter.charCodeAt(0));
  const files = new DataTransfer();
  files.items.add(new File([bytes], "chart.png", { type: "image/png" }));
  return files;
}"""


def test_a_report_is_written_with_a_picture_and_published(stack: Stack, page: Page) -> None:
    complaints: list[str] = []
    page.on("console", lambda message: note(complaints, message))
    room = ControlRoom(page, stack)
    room.log_in("ops")
    room.open("/ops/incidents/new?start=&view=source", "Write a report")
    page.get_by_label("Text", exact=True).fill(TEXT)
    follow_the_preview(page)
    drop_a_picture(page)
    be_asked_before_leaving(page)
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_role("heading", name="Publish for")).to_be_visible()
    page.get_by_role("button", name="Publish for").click()
    room.expect_heading("Search was slow")
    expect(page.locator("#versions")).to_contain_text("version 1")
    expect(page.locator("[data-document] img")).to_have_attribute("alt", "The queue")
    assert page.evaluate("document.querySelector('[data-document] img').naturalWidth") == 40
    assert [each for each in complaints if "ERR_FAILED" not in each] == []  # of the route cut above


def follow_the_preview(page: Page) -> None:
    """It comes by itself, and shows each reader what is theirs. Its process may have to start."""
    preview = page.get_by_role("region", name="The text as it will look")
    expect(preview).to_contain_text("rebuilt by hand", timeout=60_000)
    page.get_by_label("Preview as").select_option("clients")
    expect(preview).not_to_contain_text("rebuilt by hand", timeout=60_000)
    expect(preview).to_contain_text("slow for an hour", timeout=60_000)
    page.get_by_label("Preview as").select_option("public")
    expect(preview).to_contain_text("does not see that the report exists", timeout=60_000)
    page.get_by_label("Preview as").select_option("internal")


def drop_a_picture(page: Page) -> None:
    """At the cursor, with its words selected, so that they are what is typed next."""
    out = BytesIO()
    Image.new("RGB", (40, 30), "navy").save(out, "PNG")
    files = page.evaluate_handle(DROP, b64encode(out.getvalue()).decode())
    text = page.get_by_label("Text", exact=True)
    text.evaluate("area => area.setSelectionRange(area.value.length, area.value.length)")
    text.dispatch_event("drop", {"dataTransfer": files})
    expect(page.get_by_role("status").filter(has_text="chart.png is in the text")).to_be_visible()
    page.keyboard.type("The queue")
    preview = page.get_by_role("region", name="The text as it will look")
    expect(preview.get_by_alt_text("The queue")).to_be_visible()


def be_asked_before_leaving(page: Page) -> None:
    """While words are not saved: the page sends them by itself, and can't reach anybody here."""
    asked: list[str] = []
    page.route("**/drafts/words", lambda route: route.abort())
    text = page.get_by_label("Text", exact=True)
    text.fill(f"{text.input_value()}\n")

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.once("dialog", stay)
    with page.expect_event("dialog"):
        page.evaluate("location.href = '/ops'")
    expect(page.get_by_label("Text", exact=True)).to_be_visible()
    assert asked == ["beforeunload"]
    page.unroute("**/drafts/words")


def note(complaints: list[str], message: ConsoleMessage) -> None:
    if message.type in {"error", "warning"}:
        complaints.append(message.text)
