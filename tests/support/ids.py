"""Every name on a page, so that a text can try to take it."""

from collections import Counter

from bs4 import BeautifulSoup

from portal.documents.markdown.anchors import PREFIX

EVIL = ["__proto__", "constructor", "main", "top", "forms", "location", "cookie", "body"]


def names_on(page: BeautifulSoup) -> list[str]:
    """Ids, and names of forms and their elements."""
    tags = page.find_all(True)
    return sorted({tag[name] for tag in tags for name in ("id", "name") if tag.get(name)})


def headings_for(names: list[str]) -> str:
    """Headings and anchors that would like to be called so."""
    anchors = "".join(f'<a id="{each}" name="{each}">x</a>' for each in names)
    return "\n\n".join([*(f"## {each}" for each in names), f"<p>{anchors}</p>", "a[^1]", "[^1]: b"])


def assert_ids_are_apart(page: BeautifulSoup) -> None:
    """No id stands twice, and the text's are its own."""
    ids = Counter(tag["id"] for tag in page.find_all(id=True))
    assert [each for each, count in ids.items() if count > 1] == []
    inside = [
        tag["id"] for text in page.select("[data-document]") for tag in text.find_all(id=True)
    ]
    assert {each for each in ids if each.startswith(PREFIX)} == set(inside)
