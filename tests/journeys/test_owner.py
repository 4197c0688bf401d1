"""From sign-up to a published studio with pictures, in a real browser, without documentation."""

import re
from email import message_from_bytes, policy
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.journeys.stack import Stack
from tests.support.waiting import wait_until

pytestmark = pytest.mark.timeout(300)

PASSWORD = "five quiet microphones"
WIDTHS = {"wide": (1280, True), "phone": (390, True), "no script": (1280, False)}


@pytest.mark.parametrize("how", ["phone", "no script"])  # the third: trial_owner.py
def test_from_sign_up_to_a_published_studio(
    browser: Browser, stack: Stack, tmp_path: Path, how: str
) -> None:
    publish_from_sign_up(browser, stack, tmp_path, how)


def publish_from_sign_up(browser: Browser, stack: Stack, tmp_path: Path, how: str) -> None:
    width, has_script = WIDTHS[how]
    name, email = f"Copper Lane {how.title()}", f"lena.{how.replace(' ', '.')}@example.com"
    context = browser.new_context(
        viewport={"width": width, "height": 844}, java_script_enabled=has_script
    )
    page = context.new_page()
    page.goto(stack.development)
    page.get_by_role("link", name="Your studio").click()
    page.get_by_role("link", name="Sign up").first.click()
    page.get_by_label("Your name").fill("Lena Fox")
    page.get_by_label("Email address").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_role("heading", name="Check your mail")).to_be_visible()

    page.goto(f"{stack.development}{path_in_mail(stack, email)}")
    page.get_by_role("button", name="Confirm and open the account").click()
    page.get_by_role("link", name="Begin with the name").click()
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("In one sentence").fill("A quiet booth above a courtyard.")
    go_on(page)
    page.get_by_role("textbox", name="City").fill("Bristol")
    go_on(page)
    page.get_by_label("recording", exact=False).first.check()
    go_on(page)

    page.goto(f"{stack.development}/me/images")
    files = [picture(tmp_path / f"room-{number}.jpg", number) for number in range(2)]
    page.locator("input[type=file]").set_input_files(files)
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_role("heading", name="2 of 10 pictures")).to_be_visible()
    expect(page.locator(".own-pictures img")).to_have_count(2)

    page.goto(f"{stack.development}/me/studio")
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_role("heading", name="Published")).to_be_visible()
    page.get_by_role("link", name="Open its page").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(re.escape(name)))
    stranger = browser.new_context().new_page()
    stranger.goto(f"{stack.development}/studios?q={name}")
    expect(stranger.get_by_role("heading", name=name, level=2)).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    stranger.context.close()
    context.close()


def go_on(page: Page) -> None:
    before = page.url
    page.get_by_role("button", name="Save and next").click()
    page.wait_for_url(lambda address: address != before)


def path_in_mail(stack: Stack, email: str) -> str:
    """Of the link in the newest mail to that address, which the worker has sent."""
    found: list[str] = []

    def look() -> bool:
        for file in sorted((stack.data / "mail").glob("*.eml")):
            letter = message_from_bytes(file.read_bytes(), policy=policy.default)
            if email in str(letter["To"]) and (text := letter.get_body(("plain",))):
                found.extend(
                    re.findall(r"https?://[^/\s]+(/signup/confirm/\S+)", text.get_content())
                )
        return bool(found)

    wait_until(look)
    return found[-1]


def picture(file: Path, number: int) -> str:
    made = BytesIO()
    Image.effect_noise((1600, 1000), 40 + 20 * number).convert("RGB").save(made, "JPEG")
    file.write_bytes(made.getvalue())
    return str(file)
