"""Filtered entries of the log as CSV and as JSON Lines, with what the log's page shows.

Addresses and sessions are never part of it. An export holds all that matches, or is refused.
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from enum import StrEnum

from portal.audit.reading.find import Filters
from portal.audit.reading.queries import Line, lines
from portal.core.errors import Invalid

MOST = 20_000
BATCH = 1_000
COLUMNS = (
    *("entry", "time", "who", "role", "action", "sentence", "outcome"),
    *("target", "subject", "reason", "details", "request"),
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""Beginnings that a spreadsheet would calculate."""


class Format(StrEnum):
    CSV = "csv"
    JSON_LINES = "jsonl"


TYPES = {Format.CSV: "text/csv", Format.JSON_LINES: "application/jsonl"}


def exported(filters: Filters, form: Format) -> str:
    """Newest first. Raises Invalid if more than MOST entries match."""
    rows = map(_row, _all(filters))
    return _as_csv(rows) if form is Format.CSV else _as_json_lines(rows)


def _all(filters: Filters) -> list[Line]:
    found: list[Line] = []
    before: int | None = None
    while True:
        part = lines(filters, before=before, limit=BATCH)
        found += part.shown
        if len(found) > MOST:
            raise Invalid(
                f"More than {MOST:,} entries match, which is too many for one file.",
                remedy="Narrow the filter, or use flask audit export on the machine.",
            )
        if part.older is None:
            return found
        before = part.older


def _row(line: Line) -> dict[str, object]:
    said = line.said
    values = (
        *(line.entry.seq, line.entry.at.isoformat(), line.who, line.entry.actor_role),
        *(line.entry.action, line.sentence, line.entry.outcome.value, line.entry.target),
        *(said.get("subject"), said.get("reason"), said.get("details") or {}, said.get("request")),
    )
    return dict(zip(COLUMNS, values, strict=True))


def _as_csv(rows: Iterable[dict[str, object]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    writer.writerows([_cell(value) for value in row.values()] for row in rows)
    return text.getvalue()


def _cell(value: object) -> object:
    """A text that no spreadsheet takes for a formula."""
    if isinstance(value, dict):
        value = json.dumps(value, ensure_ascii=False) if value else ""
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value


def _as_json_lines(rows: Iterable[dict[str, object]]) -> str:
    return "".join(_json_lines(rows))


def _json_lines(rows: Iterable[dict[str, object]]) -> Iterator[str]:
    for row in rows:
        yield f"{json.dumps(row, ensure_ascii=False)}\n"
