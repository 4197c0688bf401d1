"""A position in a line of Markdown, used to consume its prefixes."""

import re
from collections.abc import Iterator


class Cursor:
    """A line and a position in it; columns count as CommonMark's tab stops do."""

    def __init__(self, line: str) -> None:
        self.raw, self.line, self.at = line, _expanded(line), 0

    @property
    def text(self) -> str:
        return self.line[self.at :]

    @property
    def indent(self) -> int:
        text = self.text
        return len(text) - len(text.lstrip(" "))

    @property
    def rest(self) -> str:
        return self.text.strip(" \t")

    @property
    def blanks(self) -> int:
        """The number of blanks here; a tab counts as one even if half of it belongs to the list."""
        before = sum(column <= self.at for column in _columns(self.raw[: self.at + 1])) - 1
        blanks = self.raw[max(before, 0) :]
        return len(blanks) - len(blanks.lstrip(" \t"))

    def take(self, columns: int) -> None:
        self.at = min(self.at + columns, len(self.line))

    def take_quote_mark(self) -> bool:
        """Move past a `>` and the blank after it, if there is one here."""
        if self.indent > 3 or not self.rest.startswith(">"):
            return False
        self.take(self.indent + 1)
        if self.text.startswith(" "):
            self.take(1)
        return True

    def remainder(self, indent: int) -> str:
        """The rest of the line without up to `indent` blanks; the author's tabs are kept."""
        left = self.at + min(indent, self.indent)
        for at, column in enumerate(_columns(self.raw)):
            if column >= left:
                return " " * (column - left) + self.raw[at:]
        return ""


def _expanded(line: str) -> str:
    """The line with tabs among its leading blanks and markers expanded to spaces."""
    if "\t" not in line:
        return line
    prefix = re.match(r"(?:[ \t>]|[-+*][ \t]|\d{1,9}[.)][ \t])*", line)
    cut = prefix.end() if prefix else 0
    return line[:cut].expandtabs(4) + line[cut:]


def _columns(line: str) -> Iterator[int]:
    """The column at which each character starts."""
    column = 0
    for char in line:
        yield column
        column += 4 - column % 4 if char == "\t" else 1
