"""Rendered text as a part of a page that has a heading and names of its own."""

import re

from markupsafe import Markup

_TAG = re.compile(r'<(/?)([a-z][a-z0-9]*)((?:\s+[a-z-]+="[^"]*")*)\s*>')
_ID = re.compile(r'\s+id="[^"]*"')
_CHECKED = re.compile(r"\schecked\b")


def inside_a_page(html: Markup) -> Markup:
    """The same HTML with each heading one rank lower, without ids, which could be the page's, and
    with a name for each box, for those who can't see whether it is ticked."""
    return Markup(_TAG.sub(_fitted, str(html)))  # noqa: S704 (it was sanitised, and stays so)


def _fitted(tag: re.Match[str]) -> str:
    name, attributes = tag[2], _ID.sub("", tag[3])
    if re.fullmatch(r"h[1-5]", name):
        name = f"h{int(name[1]) + 1}"
    if name == "input":
        word = "ticked" if _CHECKED.search(attributes) else "not ticked"
        attributes += f' aria-label="{word}"'
    return f"<{tag[1]}{name}{attributes}>"
