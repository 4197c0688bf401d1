"""The rows of a CSV text, each with the line of the file that it begins on."""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from portal.core.errors import Invalid

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"}
MOST_COLUMNS = 200
MOST_ROWS = 50_000
LONGEST_CELL = csv.field_size_limit()
LOOKED_AT = 200
"""Rows from which the delimiter is decided."""
END = "\x00end of the file\x00"
TOO_LONG = (
    f"A cell is longer than {LONGEST_CELL:,} characters: is a quote opened in this row and not"
    " closed? What follows was not read."
)
MANY_SHORT = 0.1
"""A program that leaves out empty cells at the end of rows does so in many of them."""


@dataclass(frozen=True)
class Row:
    """`line`: where it begins, counted from 1 as an editor does. `fault`: why it can't be read."""

    line: int
    cells: tuple[str, ...]
    fault: str | None = None

    @property
    def is_empty(self) -> bool:
        return not self.fault and not any(each.strip() for each in self.cells)


def delimiter_of(text: str) -> str:
    """The one with which most of the first rows have the same number of cells."""
    if named := _named_in_first_line(text):
        return named
    start = text[: LONGEST_CELL * 2]
    return max(DELIMITERS, key=lambda each: _consistency(start, each))


def rows_of(text: str, delimiter: str) -> Iterator[Row]:
    """Of all lines but empty ones. Raises Invalid for too many."""
    skipped = 1 if _named_in_first_line(text) else 0
    reader = csv.reader(_Lines(text), delimiter=delimiter)
    count = 0
    for row in _read(reader):
        if row.is_empty or row.line <= skipped:
            continue
        count += 1
        if count > MOST_ROWS + 1:
            raise Invalid(
                f"A file can have at most {MOST_ROWS:,} rows.",
                remedy="Split it, and upload the parts.",
                field="file",
            )
        yield row


class _Lines:
    """The lines of the text, and one that says whether the last quote was closed."""

    def __init__(self, text: str) -> None:
        self._lines = iter(io.StringIO(text, newline=""))
        self._is_over = False

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        if self._is_over:
            raise StopIteration
        line = next(self._lines, None)
        if line is None:
            self._is_over = True
            return END
        return line if line.endswith(("\n", "\r")) else f"{line}\n"


def _read(reader: Any) -> Iterator[Row]:
    """`reader`: of the module `csv`."""
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield Row(line, (), TOO_LONG)
            return
        if cells == [END]:
            return
        if cells and cells[-1].endswith(END):
            yield Row(line, (), "A quote is opened in this row and never closed. Close it.")
            return
        yield Row(line, tuple(cells))


def _named_in_first_line(text: str) -> str | None:
    """Excel writes “sep=;” above the headings."""
    first = text[:10].partition("\n")[0].strip("\r\"' ").casefold()
    named = first.removeprefix("sep=")
    return named if first.startswith("sep=") and named in DELIMITERS else None


def _consistency(text: str, delimiter: str) -> tuple[float, int]:
    widths: list[int] = []
    try:
        for cells in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            if any(cells):
                widths.append(len(cells))
            if len(widths) == LOOKED_AT:
                break
    except csv.Error:
        return (0, 0)
    if not widths:
        return (0, 0)
    width, count = Counter(widths).most_common(1)[0]
    return (count / len(widths), width) if width > 1 else (0, 0)


def require_columns(rows: list[Row]) -> int:
    """How many columns there are. Raises Invalid."""
    if not rows or rows[0].fault:
        why = rows[0].fault if rows else "This file has no rows."
        raise Invalid(f"{why}" if not rows else f"Line {rows[0].line}: {why}", field="file")
    width = len(rows[0].cells)
    if width > MOST_COLUMNS:
        raise Invalid(
            f"A file can have at most {MOST_COLUMNS} columns; this one has {width:,}.",
            remedy="Leave out columns that no studio needs, then upload it again.",
            field="file",
        )
    return width


def fitted(rows: Iterable[Row], width: int) -> list[Row]:
    """Each with as many cells as there are columns, or with the fault that it has not."""
    found = list(rows)
    short = sum(len(each.cells) < width for each in found if not each.fault)
    is_trimmed = short > MANY_SHORT * len(found)
    return [_fitted(each, width, is_trimmed=is_trimmed) for each in found]


def _fitted(row: Row, width: int, *, is_trimmed: bool) -> Row:
    if row.fault:
        return row
    cells, more = row.cells[:width], row.cells[width:]
    if any(each.strip() for each in more):
        return Row(row.line, row.cells, _wrong_width(row, width))
    if len(cells) < width and not is_trimmed:
        return Row(row.line, row.cells, _wrong_width(row, width))
    return Row(row.line, cells + ("",) * (width - len(cells)))


def _wrong_width(row: Row, width: int) -> str:
    count = len(row.cells)
    cells = "1 cell" if count == 1 else f"{count:,} cells"
    said = f"This row has {cells}, and there are {width} columns."
    if count > width:
        return f"{said} Put a text with the delimiter in it in quotes."
    return f"{said} Put a text with a line break in it in quotes."
