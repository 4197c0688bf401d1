"""The control room by keyboard alone: what can be reached with Tab is used with Enter and Space.

What is looked for is found on the way from where the focus is, so that the order of the focus is
walked as a person walks it.
"""

import re

from playwright.sync_api import Locator, Page, expect

from tests.journeys.pages import ControlRoom
from tests.journeys.stack import Stack

STEPS = 150
"""Nothing is further away than this many presses of Tab."""


class Keyboard(ControlRoom):
    """Presses, ticks and types without a mouse. `used`: buttons, links and boxes so far, each of
    which would be a click."""

    def __init__(self, page: Page, stack: Stack) -> None:
        super().__init__(page, stack)
        self.used: list[str] = []

    def go_to(self, wanted: Locator) -> int:
        """Tab until it has the focus; how many presses that took."""
        expect(wanted).to_be_visible()
        for pressed in range(STEPS):
            if wanted.evaluate("element => element === document.activeElement"):
                return pressed
            self.page.keyboard.press("Tab")
        raise AssertionError(f"{wanted} is not reached by Tab")

    def tick_all(self) -> None:
        boxes = self.page.locator("[aria-current=step] input[type=checkbox]:visible")
        for box in boxes.all():
            self.go_to(box)
            self.used.append("a box")
            self.page.keyboard.press("Space")
            expect(box).to_be_checked()

    def type_into(self, field: Locator, text: str) -> None:
        """In place of what is there."""
        self.go_to(field)
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(text)

    def push(self, button: Locator) -> None:
        self.go_to(button)
        self.used.append(button.inner_text())
        self.page.keyboard.press("Enter")
        self.page.wait_for_load_state()

    def expect_due(self, title: str) -> None:
        """Also that the focus is on its heading, and that the title of the page says it."""
        super().expect_due(title)
        expect(self.page.locator("#due")).to_be_focused()
        expect(self.page).to_have_title(re.compile(rf"^Step \d of 6: {title}"))
