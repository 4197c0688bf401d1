"""Somebody with a browser, at whichever release: what they press are the forms they see."""

import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from http.cookiejar import CookieJar
from urllib.parse import urlencode

from bs4 import BeautifulSoup, Tag

Fields = list[tuple[str, str]]


@dataclass(frozen=True)
class Answer:
    status: int
    text: str
    address: str

    @property
    def page(self) -> BeautifulSoup:
        return BeautifulSoup(self.text, "html.parser")

    @property
    def said(self) -> str:
        """All words of the page."""
        return " ".join(self.page.get_text(" ").split())


class Person:
    """`site` may change: cookies belong to a host, whatever its port."""

    def __init__(self, site: str) -> None:
        self.site, self.jar = site, CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar))

    def get(self, path: str) -> Answer:
        return self._open(urllib.request.Request(self._address(path)))

    def send(self, path: str, fields: Fields) -> Answer:
        body = urlencode(fields).encode()
        request = urllib.request.Request(self._address(path), data=body)
        return self._open(request)

    def press(self, page: Answer | str, action: str, **typed: str | list[str]) -> Answer:
        """Send the form of that page whose address, or whose button's address, ends so."""
        page = self.get(page) if isinstance(page, str) else page
        form = form_to(page, action)
        kept = [(n, v) for n, v in fields_of(form) if n not in typed]
        more = [(n, v) for n, given in typed.items() for v in listed(given)]
        answer = self.send(action_of(form, action), kept + more)
        assert answer.status == 200, (action, answer.status, answer.said[:600])
        return answer

    def log_in(self, email: str, password: str) -> Answer:
        return self.press("/ops/login", "/ops/login", email=email, password=password)

    def _address(self, path: str) -> str:
        return path if path.startswith("http") else self.site + path

    def _open(self, request: urllib.request.Request) -> Answer:
        request.add_header("Referer", self.site + "/ops")
        try:
            with self.opener.open(request, timeout=60) as got:
                return Answer(got.status, got.read().decode("utf-8", "replace"), got.url)
        except urllib.error.HTTPError as error:
            with error:
                text = error.read().decode("utf-8", "replace")
                return Answer(error.code, text, error.url or "")


def form_to(page: Answer, action: str) -> Tag:
    """The form that this address, or a button of the form, sends there."""
    for form in page.page.find_all("form"):
        if any(leads_to(each, action) for each in addresses_of(form)):
            return form
    raise AssertionError(
        f"No form to {action} at {page.address} ({page.status}): {page.said[:500]}"
    )


def action_of(form: Tag, action: str) -> str:
    return next(each for each in addresses_of(form) if leads_to(each, action))


def leads_to(address: str, action: str) -> bool:
    """Whatever it asks for besides, as the number of a page."""
    return address.partition("?")[0].endswith(action)


def addresses_of(form: Tag) -> list[str]:
    buttons = [*form.find_all("button"), *named_for(form)]
    ends = [form.get("action", ""), *(each.get("formaction", "") for each in buttons)]
    return [str(each).partition("#")[0] for each in ends if each]


def named_for(form: Tag) -> list[Tag]:
    """What stands elsewhere on the page and belongs to it."""
    page = list(form.parents)[-1]
    return page.find_all(attrs={"form": form["id"]}) if form.has_attr("id") else []


def fields_of(form: Tag) -> Fields:
    """What a browser would send of it, had nobody touched it."""
    tags = [*form.find_all(attrs={"name": True}), *named_for(form)]
    return [(str(each["name"]), value_of(each)) for each in tags if is_sent(each)]


def is_sent(tag: Tag) -> bool:
    if tag.name == "button" or not tag.has_attr("name") or tag.has_attr("disabled"):
        return False
    kind = tag.get("type")
    return kind != "file" and (kind not in {"checkbox", "radio"} or tag.has_attr("checked"))


def value_of(tag: Tag) -> str:
    if tag.name == "textarea":
        return tag.get_text().removeprefix("\n")
    if tag.name == "select":
        chosen = tag.find("option", selected=True) or tag.find("option")
        return str(chosen.get("value", chosen.get_text())) if isinstance(chosen, Tag) else ""
    return str(tag.get("value", "on" if tag.get("type") == "checkbox" else ""))


def listed(given: str | list[str]) -> list[str]:
    return [given] if isinstance(given, str) else given


def logins(data) -> dict[str, dict[str, str]]:
    return json.loads((data / "demo-accounts.json").read_text(encoding="utf-8"))
