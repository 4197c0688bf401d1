"""Rewrites Markdown as code hosts read it into the dialect of the `markdown` package.

The package differs in where blocks start and end: a list needs a blank line before it, nested text
four spaces, a fence must not touch text, HTML hides Markdown. Each block found by `blocks` is
therefore written again with blank lines around it and four spaces of indentation per list item;
code and raw HTML are stashed, as the package's own preprocessors do. Marks between STX and ETX
carry what the dialect can't express; authors can't type them because both characters are removed
from the source first.
"""

import re
from collections.abc import Callable
from html import escape

from markdown import Markdown
from markdown.preprocessors import Preprocessor
from markdown.util import ETX, STX
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

from portal.documents.markdown.blocks import syntax
from portal.documents.markdown.blocks.blocks import Block
from portal.documents.markdown.blocks.scanner import scan

#: Longer code is not highlighted: some lexers are slow on text in another language.
LONGEST_CODE = 50_000
_formatter = HtmlFormatter(nowrap=True)

TIGHT, LOOSE = f"{STX}tight{ETX}", f"{STX}loose{ETX}"
APART = f"{STX}apart{ETX}"
#: Precedes text that the package would mistake for the start of a block.
SHIELD = f"{STX}text{ETX}"
BAR = f"{STX}bar{ETX}"
_FOOTNOTE_REFERENCE = re.compile(r"\[\^([^\]\s]+)\]")
_LOOKS_LIKE_A_BLOCK = re.compile(r"[#>|:-]|[*+](?:\s|$)|[*_][ *_]*$|\d+\.|\[\^")


class Dialect(Preprocessor):
    """Replaces the package's own preprocessors for whitespace, fences and HTML blocks."""

    def run(self, lines: list[str]) -> list[str]:
        source = "\n".join(lines).replace(STX, "").replace(ETX, "")
        return _Writer(self.md, scan(source)).document()


class _Writer:
    def __init__(self, md: Markdown, document: Block) -> None:
        self.md, self.root = md, document
        words = [block for block in document.walk() if block.kind not in ("code", "html")]
        text = "\n".join(line for block in words for line in block.text)
        self.footnotes_wanted = set(_FOOTNOTE_REFERENCE.findall(text))
        self.write: dict[str, Callable[[Block], list[str]]] = {
            "paragraph": self.paragraph,
            "heading": _heading,
            "rule": lambda _: ["---"],
            "code": lambda b: [self.aside(code_html("\n".join(b.text), b.info))],
            "html": lambda b: [self.aside("\n".join(b.text))],
            "table": _table,
            "quote": self.quote,
            "list": self.items,
            "footnote": self.footnote,
        }

    def document(self) -> list[str]:
        return self.blocks(self.root.children)

    def blocks(self, blocks: list[Block]) -> list[str]:
        """The blocks with a blank line after each; adjacent lists or quotes are kept apart."""
        lines: list[str] = []
        before = ""
        for block in blocks:
            if written := self.write[block.kind](block):
                apart = before == block.kind and before in ("list", "quote", "table")
                lines += [APART, "", *written, ""] if apart else [*written, ""]
                before = before if block.kind == "footnote" else block.kind
        return lines[:-1]

    def aside(self, html: str) -> str:
        """A placeholder for finished HTML. The comment makes the package treat it as a block."""
        return self.md.htmlStash.store(f"<!---->{html}")

    def paragraph(self, block: Block) -> list[str]:
        text = "\n".join(_stripped(block))
        while definition := syntax.DEFINITION.match(text):
            self.define(definition)
            text = text[definition.end() :]
        return [_shielded(line) for line in text.split("\n")] if text.strip() else []

    def define(self, found: re.Match[str]) -> None:
        """Store `[label]: address "title"`; the first definition of a label wins."""
        label = " ".join(found["label"].split()).lower()
        address = found["angled"] if found["url"] is None else found["url"]
        title = found["title"][1:-1] if found["title"] else ""
        plain = (syntax.ESCAPE.sub(r"\1", address), syntax.ESCAPE.sub(r"\1", title))
        self.md.references.setdefault(label, plain)

    def quote(self, block: Block) -> list[str]:
        return [f"> {line}" if line else ">" for line in self.blocks(block.children) or [APART]]

    def items(self, block: Block) -> list[str]:
        """The list's items. Each starts with its own mark, so that it may begin with any block or
        be empty.
        """
        mark = LOOSE if block.loose else TIGHT
        lines: list[str] = []
        for number, item in enumerate(block.children, block.start):
            lines += [f"{number}. {mark}" if block.marker in ".)" else f"- {mark}", ""]
            lines += [*_indented(self.blocks(item.children)), ""]
        return lines[:-1]

    def footnote(self, block: Block) -> list[str]:
        """The first definition of a referenced label; other definitions are not shown."""
        if block.info not in self.footnotes_wanted:
            return []
        self.footnotes_wanted.remove(block.info)
        first, *rest = self.blocks(block.children) or [""]
        return [f"[^{block.info}]: {first}", *_indented(rest)]


def _stripped(block: Block) -> list[str]:
    """The lines without indentation; hard-break blanks stay, except at the end."""
    *lines, last = [line.lstrip(" \t") for line in block.text]
    return [*(re.sub(r" {2,}$", "  ", line) for line in lines), last.rstrip(" \t")]


def _heading(block: Block) -> list[str]:
    """A heading on one line; hard breaks of an underlined one become tags."""
    words = re.sub(r"(?:\\| {2})\n", "<br>", "\n".join(_stripped(block))).replace("\n", " ")
    return [f"{'#' * block.level} {SHIELD}{words} #"]


def _shielded(line: str) -> str:
    return SHIELD + line if _LOOKS_LIKE_A_BLOCK.match(line) else line


def _indented(lines: list[str]) -> list[str]:
    return [f"    {line}" if line else "" for line in lines]


def _table(block: Block) -> list[str]:
    """A table whose rows have as many cells as its head; bars inside cells are escaped."""
    rows = [syntax.split_row(line) for line in block.text]
    width = len(rows[0])
    for row in (rows[0], *rows[2:]):
        cells = [*row, *[""] * width][:width]
        row[:] = [SHIELD + cell.replace("|", BAR) for cell in cells]
    return [f"| {' | '.join(row)} |" for row in rows]


def code_html(code: str, info: str) -> str:
    """A `pre` block; `info` is the fence's info string, its first word the language."""
    code = code.strip("\n") if not info and not code.strip() else code.rstrip("\n") + "\n"
    return (
        f'<div class="highlight"><pre><code>{_coloured(code, _language(info))}</code></pre></div>'
    )


def _language(info: str) -> str:
    found = re.match(r"\{?\.?([\w+#.-]+)", info)
    return found[1].lower() if found else ""


def _coloured(code: str, language: str) -> str:
    if not language or len(code) > LONGEST_CODE:
        return escape(code, quote=False)
    try:
        lexer = get_lexer_by_name(language, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return escape(code, quote=False)
    return str(highlight(code, lexer, _formatter))
