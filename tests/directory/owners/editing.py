"""Somebody who fills in the form of a studio, as a browser without a script does, or with one."""

from dataclasses import dataclass, field
from typing import Any

from bs4 import BeautifulSoup, Tag
from werkzeug.test import TestResponse

from tests.support.pages import PageClient, words

SCRIPT = {"HX-Request": "true"}


@dataclass
class Window:
    """One open page of a section: what its fields say, and its version."""

    client: PageClient
    section: str
    values: dict[str, Any]
    page: BeautifulSoup

    def type(self, **typed: Any) -> "Window":
        self.values |= typed
        return self

    def save(self, **button: str) -> TestResponse:
        return self._send(button)

    def keep(self, **typed: Any) -> TestResponse:
        """As the page's script does it; its answer renews the version."""
        self.values |= typed
        answer = self._send({}, headers=SCRIPT)
        version = BeautifulSoup(answer.text, "html.parser").select_one("#version")
        if version:
            self.values["version"] = str(version["value"])
        return answer

    def _send(self, button: dict[str, str], **how: Any) -> TestResponse:
        data = {name: value for name, value in self.values.items() if value not in (None, False)}
        return self.client.post(f"/me/studio/{self.section}", data=data | button, **how)


@dataclass
class Editor:
    client: PageClient
    windows: list[Window] = field(default_factory=list)

    def open(self, section: str) -> Window:
        page = self.client.page(f"/me/studio/{section}")
        return Window(self.client, section, values_of(page), page)

    def save(self, section: str, **typed: Any) -> TestResponse:
        return self.open(section).type(**typed).save()

    def complete(self, name: str = "Quiet Corner") -> None:
        """All that is needed to publish."""
        assert self.save("identity", name=name, short_about="A calm room.").status_code == 303
        assert self.save("place", city="London").status_code == 303
        assert self.save("types", types=["home"]).status_code == 303

    def press(self, what: str) -> TestResponse:
        return self.client.post(f"/me/studio/{what}")

    def overview(self) -> str:
        return words(self.client.page("/me/studio").select_one("main"))


def values_of(page: BeautifulSoup) -> dict[str, Any]:
    """What the form of the page would send, without its buttons."""
    form = page.select_one("form[data-section]")
    assert form is not None
    values: dict[str, Any] = {}
    for each in form.select("input, textarea"):
        if is_sent(each):
            value = (
                each.get_text().removeprefix("\n")
                if each.name == "textarea"
                else each.get("value", "")
            )
            values.setdefault(str(each["name"]), []).append(value)
    return {name: many[0] if len(many) == 1 else many for name, many in values.items()}


def is_sent(each: Tag) -> bool:
    is_box = each.get("type") in {"checkbox", "radio"}
    return bool(each.get("name")) and (not is_box or each.has_attr("checked"))


def said(answer: TestResponse, field: str) -> str:
    """The sentence at a field."""
    page = BeautifulSoup(answer.text, "html.parser")
    return words(page.select_one(f"#{field}-said"))
