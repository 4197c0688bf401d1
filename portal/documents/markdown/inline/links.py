"""Links and images by CommonMark's rules: no blanks in an address, no link inside a link."""

import re
from functools import lru_cache
from xml.etree.ElementTree import Element

from markdown import Markdown, inlinepatterns
from markdown.util import ETX, INLINE_PLACEHOLDER_RE, STX

from portal.documents.markdown.blocks.syntax import ADDRESS

_BREAK = re.compile(r"[ \t]*\n[ \t]*")
_ESCAPED = re.compile(rf"{STX}(\d+){ETX}")


class _Strict:
    """Replaces the package's parsing of `[text]` and `(address "title")`."""

    images = False

    def getText(self, data: str, index: int) -> tuple[str, int, bool]:  # noqa: N802
        close = closers(data).get(index - 1)
        if close is None or (not self.images and _holds_a_link(data, index, close)):
            return "", index, False
        text = data[index:close]
        return _BREAK.sub(" ", text) if self.images else text, close + 1, True

    def getLink(self, data: str, index: int) -> tuple[str, str | None, int, bool]:  # noqa: N802
        found = ADDRESS.match(data, index)
        if not found:
            return "", None, index, False
        href = found["bare"] if found["angled"] is None else found["angled"]
        title = found["title"][1:-1] if found["title"] else None
        return self._written(href), title and self._written(title), found.end(), True

    def _written(self, text: str) -> str:
        return str(self.unescape(text))  # type: ignore[attr-defined]

    def label(self, text: str) -> str:
        """The label as its author wrote it: code spans found before are placeholders by now."""
        stash = self.md.treeprocessors["inline"].stashed_nodes  # type: ignore[attr-defined]

        def written(found: re.Match[str]) -> str:
            node = stash.get(found[1])
            code = isinstance(node, Element) and node.tag == "code"
            return f"`{node.text}`" if code else found[0]

        text = INLINE_PLACEHOLDER_RE.sub(written, text)
        text = _ESCAPED.sub(lambda found: "\\" + chr(int(found[1])), text)
        return " ".join(text.split()).lower()


def _holds_a_link(data: str, start: int, end: int) -> bool:
    closed = closers(data)
    for found in re.finditer(r"(?<!!)\[", data[start:end]):
        close = closed.get(start + found.start())
        if close is not None and close < end and ADDRESS.match(data, close + 1):
            return True
    return False


class Link(_Strict, inlinepatterns.LinkInlineProcessor):
    pass


class Image(_Strict, inlinepatterns.ImageInlineProcessor):
    images = True


class _Reference(_Strict):
    def evalId(self, data: str, index: int, text: str) -> tuple[str | None, int, bool]:  # noqa: N802
        found = re.compile(r"\[([^\[\]]*)\]").match(data, index)
        if not found:
            return None, index, False
        label = self.label(found[1].strip() or text)
        return label, found.end(), label in self.md.references  # type: ignore[attr-defined]


class _Short(_Strict):
    def evalId(self, data: str, index: int, text: str) -> tuple[str | None, int, bool]:  # noqa: N802
        label = self.label(text)
        return label, index, label in self.md.references  # type: ignore[attr-defined]


class Reference(_Reference, inlinepatterns.ReferenceInlineProcessor):
    pass


class ImageReference(_Reference, inlinepatterns.ImageReferenceInlineProcessor):
    images = True


class ShortReference(_Short, inlinepatterns.ShortReferenceInlineProcessor):
    pass


class ShortImageReference(_Short, inlinepatterns.ShortImageReferenceInlineProcessor):
    images = True


def register(md: Markdown) -> None:
    """Register them in place of the package's own patterns, at the same priorities."""
    patterns = md.inlinePatterns
    link, image = inlinepatterns.LINK_RE, inlinepatterns.IMAGE_LINK_RE
    patterns.register(Reference(link, md), "reference", 170)
    patterns.register(Link(link, md), "link", 160)
    patterns.register(Image(image, md), "image_link", 150)
    patterns.register(ImageReference(image, md), "image_reference", 140)
    patterns.register(ShortReference(link, md), "short_reference", 130)
    patterns.register(ShortImageReference(image, md), "short_image_ref", 125)


@lru_cache(maxsize=32)
def closers(text: str) -> dict[int, int]:
    """The index of each closed `[`, with the index of its `]`."""
    found: dict[int, int] = {}
    opened: list[int] = []
    for bracket in re.finditer(r"[\[\]]", text):
        if bracket[0] == "[":
            opened.append(bracket.start())
        elif opened:
            found[opened.pop()] = bracket.start()
    return found


def in_open_bracket(text: str, at: int) -> bool:
    """Whether a `[` before this index is still open."""
    return text.count("[", 0, at) > sum(close < at for close in closers(text).values())
