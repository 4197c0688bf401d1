"""The rows that can't be imported, as a file to correct and upload again."""

import csv
import io
from collections.abc import Iterator

from portal.directory.exports.escaping import escaped, unescaped
from portal.directory.imports.files import Upload
from portal.directory.imports.opening import rows_in
from portal.directory.imports.requests import verdicts
from portal.directory.imports.verdicts.judging import Standing

PROBLEM, LINE = "problem", "line"
BOM = "\ufeff"


def bad_rows(upload: Upload) -> Iterator[str]:
    """With the columns of the file, then the line and what is wrong. Raises NotFound."""
    bad = {each.line: each for each in verdicts(upload) if each.standing is Standing.BAD}
    rows = [row for row in rows_in(upload) if row.line in bad]
    width = len(upload.headings)
    yield BOM + _line([*upload.headings, LINE, PROBLEM])
    for row in rows:
        cells = [unescaped(each) for each in row.cells[:width]]
        cells += [""] * (width - len(cells))
        yield _line([*cells, str(row.line), _said(upload, bad[row.line].problems)])


def _said(upload: Upload, problems: list[tuple[int | None, str]]) -> str:
    return " ".join(
        said if column is None else f"{upload.headings[column]}: {said}"
        for column, said in problems
    )


def _line(cells: list[str]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text).writerow([escaped(each) for each in cells])
    return text.getvalue()
