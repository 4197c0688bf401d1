"""How the journeys find their way through the control room, as a person reads it."""

import re
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.journeys.stack import Stack

ACTION_MS = 60_000


class ControlRoom:
    """One person in one browser. Pictures go to `pictures`, when it is given."""

    def __init__(self, page: Page, stack: Stack, pictures: Path | None = None) -> None:
        self.page = page
        self.stack = stack
        self.pictures = pictures

    def open(self, path: str, heading: str | re.Pattern[str]) -> None:
        self.page.goto(f"{self.stack.development}{path}")
        self.expect_heading(heading)

    def expect_heading(self, heading: str | re.Pattern[str]) -> None:
        expect(self.page.get_by_role("heading", level=1)).to_have_text(heading)

    def log_in(self, role: str) -> None:
        self.page.goto(f"{self.stack.development}/ops/login")
        self.fill_login(role)

    def fill_login(self, role: str) -> None:
        login = self.stack.logins[role]
        email = self.page.locator("main [name=email]")
        if email.is_visible() and email.is_editable():
            email.fill(login["email"])
        self.page.locator("main [name=password]").fill(login["password"])
        self.page.get_by_role("button", name=re.compile("^Log in( again)?$")).click()
        self.page.wait_for_load_state()

    def log_out(self) -> None:
        self.page.context.clear_cookies()

    def press(self, label: str | re.Pattern[str]) -> None:
        self.push(self.page.get_by_role("button", name=label))

    def push(self, button: Locator) -> None:
        button.click()
        self.page.wait_for_load_state()

    def type_into(self, field: Locator, text: str) -> None:
        field.fill(text)

    def expect_due(self, title: str) -> None:
        due = self.page.locator("[aria-current=step] h2")
        expect(due).to_contain_text(title, timeout=ACTION_MS)

    def tick_all(self) -> None:
        for box in self.page.locator("[aria-current=step] input[type=checkbox]:visible").all():
            box.check()

    def picture(self, name: str) -> None:
        if self.pictures:
            self.page.screenshot(path=self.pictures / f"{name}.png", full_page=True)
