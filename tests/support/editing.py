"""The editor's form as a browser without scripts sends it."""

from bs4 import BeautifulSoup, Tag
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.support.pages import check_page


class EditorForm:
    """`data` are the values of the page's form; buttons and files are left out."""

    def __init__(self, browser: FlaskClient, page: BeautifulSoup, at: str = "/ops/incidents"):
        self.browser, self.page, self.at = browser, page, at
        form = page.find("form", attrs={"data-editor": True})
        self.data: dict[str, str | list[str]] = {}
        for each in form.find_all(["input", "textarea", "select"]):
            if each.get("type") not in ("file", "submit") and each.get("name"):
                self._take(each)

    def type(self, **values: str | list[str]) -> "EditorForm":
        self.data |= {f"field_{name}": value for name, value in values.items()}
        return self

    def press(self, place: str, **more: str) -> TestResponse:
        return self.browser.post(f"{self.at}/{place}", data=self.data | more)

    def turn(self, view: str) -> "EditorForm":
        """Press “Fields” or “Source”."""
        answer = self.press("preview", turn=view)
        assert answer.status_code == 200
        return EditorForm(self.browser, check_page(answer.text), self.at)

    def error(self, name: str) -> str:
        found = self.page.find(id=f"editor-field_{name}-error")
        return found.get_text(strip=True) if found else ""

    def _take(self, each: Tag) -> None:
        name = str(each["name"])
        if each.get("type") == "checkbox":
            chosen = self.data.setdefault(name, [])
            if each.has_attr("checked") and isinstance(chosen, list):
                chosen.append(str(each["value"]))
        elif each.name == "select":
            option = each.find("option", selected=True) or each.find("option")
            self.data[name] = str(option["value"]) if option else ""
        elif each.name == "textarea":
            self.data[name] = each.get_text().replace("\r\n", "\n")
        else:
            self.data[name] = str(each.get("value", ""))


def editor(browser: FlaskClient, address: str, at: str = "/ops/incidents") -> EditorForm:
    return EditorForm(browser, browser.page(address), at)
