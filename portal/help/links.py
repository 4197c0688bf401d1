"""Links of a guide's HTML: to other guides inside the product; none to what is not served here."""

import posixpath
import re
from collections.abc import Callable
from html import escape, unescape

from markupsafe import Markup

_LINK = re.compile(r'<a href="([^"]*)"([^>]*)>(.*?)</a>', re.DOTALL)
_PICTURE = re.compile(r'<img(?=[^>]*\ssrc="([^"]*)")(?:[^>]*?\salt="([^"]*)")?[^>]*>')
_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|/|#", re.IGNORECASE)


def inside(
    html: Markup, name: str, *, known: frozenset[str], address: Callable[[str], str]
) -> Markup:
    """Sanitised HTML of the guide `name`. `known`: the guides that the reader may open."""
    folder = posixpath.dirname(name)

    def link(found: re.Match[str]) -> str:
        target, rest, words = unescape(found[1]), found[2], found[3]
        if _ELSEWHERE.match(target):
            return found[0]
        path, _, fragment = target.partition("#")
        file = posixpath.normpath(posixpath.join(folder, path))
        guide = file.removesuffix(".md")
        if file.endswith(".md") and guide in known:
            to = address(guide) + (f"#{fragment}" if fragment else "")
            return f'<a href="{escape(to)}"{rest}>{words}</a>'
        return words

    def picture(found: re.Match[str]) -> str:
        if _ELSEWHERE.match(unescape(found[1])):
            return found[0]
        file = posixpath.normpath(posixpath.join("docs", folder, unescape(found[1])))
        return f"{found[2] or 'Picture'} (a picture: <code>{escape(file)}</code>)"

    shown = _PICTURE.sub(picture, _LINK.sub(link, str(html)))
    return Markup(shown)  # noqa: S704 (it was sanitised, and stays so)
