"""The plain text alternative of a message, made from its rendered HTML so that both agree."""

import re
from html.parser import HTMLParser

_BLOCKS = {"p", "pre", "div", "table", "details", "section", "summary", "blockquote"}
_UNDERLINES = {"h1": "=", "h2": "-"}
_HEADING = re.compile(r"h[1-6]")
_RULE = "-" * 40
_Attributes = list[tuple[str, str | None]]


def text_of(html: str) -> str:
    """Readable on its own: headings underlined, lists marked, links with their address."""
    walk = _Walk()
    walk.feed(html)
    walk.close()
    walk.paragraph()
    return "\n".join(walk.lines).strip("\n") + "\n"


class _Walk(HTMLParser):
    """`line` is the line being written, `prefix` starts each line in lists and quotes, and `mark`
    is the bullet or number that replaces the prefix on the next line.
    """

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[str] = []
        self.line = ""
        self.prefix: list[str] = []
        self.mark = ""
        self.counts: list[int | None] = []
        self.links: list[tuple[int, str]] = []
        self.in_pre = False

    def handle_starttag(self, tag: str, attrs: _Attributes) -> None:
        given = dict(attrs)
        if tag in ("ul", "ol"):
            self.end_line() if self.counts else self.paragraph()
            self.counts.append(int(given.get("start") or 1) if tag == "ol" else None)
        elif tag == "li":
            self.item()
        elif tag in _BLOCKS or _HEADING.fullmatch(tag):
            self.paragraph()
            self.in_pre = self.in_pre or tag == "pre"
            self.prefix += ["> "] if tag == "blockquote" else []
        elif tag == "a":
            self.links.append((len(self.line), given.get("href") or ""))
        else:
            self.alone(tag, given)

    def alone(self, tag: str, given: dict[str, str | None]) -> None:
        if tag in ("br", "tr"):
            self.end_line(even_empty=tag == "br")
        elif tag == "hr":
            self.paragraph()
            self.put(_RULE)
            self.paragraph()
        elif tag in ("td", "th"):
            self.line = self.line.rstrip()
            self.put(" | " if self.line else "")
        elif tag == "img":
            self.put(f"[{given.get('alt') or 'image'}]")
        elif tag == "input":
            self.put("[x]" if "checked" in given else "[ ]")

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self.links:
            self.link()
        elif tag in ("ul", "ol") and self.counts:
            self.counts.pop()
            self.end_line() if self.counts else self.paragraph()
        elif tag in ("li", "blockquote"):
            self.end_line()
            self.drop_blank()
            self.prefix = self.prefix[:-1]
            self.paragraph() if tag == "blockquote" else None
        elif tag in _UNDERLINES:
            width = min(len(self.line.strip()), 60)
            self.end_line()
            self.put(_UNDERLINES[tag] * width)
            self.paragraph()
        elif tag in _BLOCKS or _HEADING.fullmatch(tag):
            self.in_pre = self.in_pre and tag != "pre"
            self.paragraph()

    def handle_data(self, data: str) -> None:
        if self.in_pre:
            first, *others = data.split("\n")
            self.put(first)
            for line in others:
                self.end_line(even_empty=True)
                self.put(line)
        else:
            words = re.sub(r"\s+", " ", data)
            self.put(words if self.line else words.lstrip())

    def item(self) -> None:
        self.end_line()
        count = self.counts[-1] if self.counts else None
        self.mark = "- " if count is None else f"{count}. "
        if count is not None:
            self.counts[-1] = count + 1
        self.prefix.append(" " * len(self.mark))

    def link(self) -> None:
        start, href = self.links.pop()
        words = self.line[start:].strip()
        if href and not href.startswith("#") and href.removeprefix("mailto:") != words:
            self.put(f" <{href}>" if words else f"<{href}>")

    def put(self, text: str) -> None:
        self.line += text

    def end_line(self, *, even_empty: bool = False) -> None:
        if self.line.strip() or even_empty:
            begin = "".join(self.prefix[:-1]) + self.mark if self.mark else "".join(self.prefix)
            self.lines.append((begin + self.line).rstrip())
            self.mark = ""
        self.line = ""

    def paragraph(self) -> None:
        """A blank line, unless one is there or a bullet waits for its text."""
        self.end_line()
        blank = "".join(self.prefix).rstrip()
        if self.lines and not self.mark and self.lines[-1].strip(" >"):
            self.lines.append(blank)

    def drop_blank(self) -> None:
        while self.lines and not self.lines[-1].strip(" >"):
            self.lines.pop()
