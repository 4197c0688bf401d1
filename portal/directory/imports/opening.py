"""An uploaded file, opened: what it holds, as its page shows it, and its rows."""

from collections.abc import Sequence
from string import ascii_uppercase

from portal.core.errors import Invalid
from portal.directory.folding import one_line
from portal.directory.imports.files import Upload, content_of
from portal.directory.imports.reading.decoding import decoded, guess, require_text
from portal.directory.imports.reading.proposing import is_data, proposed
from portal.directory.imports.reading.rows import (
    MOST_ROWS,
    Row,
    delimiter_of,
    fitted,
    require_columns,
    rows_of,
)

PAGE = "/ops/directory/imports"
LARGEST = 20_000_000
"""Bytes of a file."""
LARGEST_REQUEST = LARGEST + 200_000
"""Bytes of a request with one."""
SAMPLES, MOST_ACCENTS, LOOKED_AT = 3, 4, 200
LONGEST_SAMPLE, LONGEST_HEADING = 60, 80


def look_into(upload: Upload, content: bytes) -> None:
    """Guess how it is to be read. Raises Invalid for what is no CSV file."""
    if len(content) > LARGEST:
        raise Invalid(
            f"A file can have at most {LARGEST // 1_000_000} MB.",
            remedy="Split it, and upload the parts.",
            field="file",
        )
    require_text(content)
    found = guess(content)
    upload.encoding, upload.why = found.encoding, found.why
    text = decoded(content, found.encoding)
    upload.delimiter = delimiter_of(text)
    rows = list(rows_of(text, upload.delimiter))
    require_columns(rows)
    upload.has_headings = not is_data(rows[0].cells)
    _describe(upload, rows)


def look_again(upload: Upload, content: bytes) -> None:
    """After another encoding or delimiter was chosen. Raises Invalid."""
    rows = list(rows_of(decoded(content, upload.encoding), upload.delimiter))
    require_columns(rows)
    _describe(upload, rows)


def rows_in(upload: Upload) -> list[Row]:
    """All rows of studios. Raises Invalid, and NotFound for a file that was deleted."""
    rows = list(rows_of(decoded(content_of(upload), upload.encoding), upload.delimiter))
    return _body(upload, rows)


def _body(upload: Upload, rows: list[Row]) -> list[Row]:
    """Without headings, also where they come again, as in files that were put together."""
    width = require_columns(rows)
    if not upload.has_headings:
        return fitted(rows, width)
    first = rows[0].cells
    return fitted([each for each in rows[1:] if each.cells != first], width)


def _describe(upload: Upload, rows: list[Row]) -> None:
    body = _body(upload, rows)
    if not body:
        raise Invalid(
            "There is no row below the headings.", remedy="Choose a file with rows.", field="file"
        )
    if len(body) > MOST_ROWS:
        raise Invalid(
            f"A file can have at most {MOST_ROWS:,} rows; this one has {len(body):,}.",
            remedy="Split it, and upload the parts.",
            field="file",
        )
    upload.rows, width = len(body), len(rows[0].cells)
    upload.headings = headings_of(rows[0].cells if upload.has_headings else [""] * width)
    cells = [_filled(body, place) for place in range(width)]
    upload.samples = [[_short(each) for each in some[:SAMPLES]] for some in cells]
    upload.accents = _accents(body)
    given = upload.headings if upload.has_headings else [""] * width
    upload.mapping = {str(place): name for place, name in proposed(given, cells).items()}
    upload.counts, upload.checked_at, upload.choices = {}, None, {}


def headings_of(cells: Sequence[str]) -> list[str]:
    """Each with a name of its own: “Phone”, “Phone (2)”, “Column D”."""
    found: list[str] = []
    for place, cell in enumerate(cells):
        named = one_line(cell)[:LONGEST_HEADING] or f"Column {letters(place)}"
        count = 2
        name = named
        while name in found:
            name, count = f"{named} ({count})", count + 1
        found.append(name)
    return found


def letters(place: int) -> str:
    """As spreadsheets name their columns: A, B, … Z, AA."""
    first, last = divmod(place, len(ascii_uppercase))
    return (letters(first - 1) if first else "") + ascii_uppercase[last]


def _filled(rows: Sequence[Row], place: int) -> list[str]:
    """The first cells of the column that are not empty."""
    found: list[str] = []
    for row in rows:
        if not row.fault and row.cells[place].strip():
            found.append(row.cells[place])
        if len(found) == LOOKED_AT:
            break
    return found


def _accents(rows: Sequence[Row]) -> list[str]:
    found: dict[str, None] = {}
    for row in rows:
        for cell in row.cells if not row.fault else ():
            if not cell.isascii():
                found[_around_accent(one_line(cell))] = None
        if len(found) >= MOST_ACCENTS:
            break
    return list(found)[:MOST_ACCENTS]


def _around_accent(cell: str) -> str:
    at = next((at for at, each in enumerate(cell) if not each.isascii()), 0)
    start = max(0, at - LONGEST_SAMPLE // 2)
    return _short(cell[start:])


def _short(cell: str) -> str:
    text = one_line(cell[: LONGEST_SAMPLE * 4])
    return text if len(text) <= LONGEST_SAMPLE else f"{text[: LONGEST_SAMPLE - 1]}…"
