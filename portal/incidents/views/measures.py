"""`/ops/incidents/measures`: by incident, and by month and severity."""

from dataclasses import dataclass

from flask import render_template, request, url_for

from portal.accounts.permissions.access import staff
from portal.core.clock import now
from portal.core.paging import page_of
from portal.emails.origins import first_messages
from portal.incidents.live.measures import (
    NAMES,
    Table,
    first_month,
    measured_live,
    measured_reports,
    tables_of,
)
from portal.incidents.reports import all_reports, files_by_slug
from portal.incidents.views import blueprint

PAGE = 25
WIDTH, HEIGHT, GAP = 720, 120, 8


@dataclass(frozen=True)
class Bar:
    x: float
    y: float
    width: float
    height: float
    severity: str
    title: str


@blueprint.get("/ops/incidents/measures")
@staff
def list_measures() -> str:
    today = now().date()
    since = first_month(today)
    by_incident, by_report = first_messages()
    found = [
        *measured_live(since, by_incident, without=files_by_slug()),
        *measured_reports(since, all_reports(), by_report),
    ]
    found.sort(key=lambda each: each.day, reverse=True)
    found.sort(key=lambda each: not each.phase)
    tables = tables_of(found, today) if found else []
    return render_template(
        "incidents/measures.html",
        names=list(NAMES),
        page=page_of(found, number=request.args.get("page", 1, type=int), size=PAGE),
        tables=[(table, bars_of(table)) for table in tables],
        page_address=lambda number: url_for(".list_measures", page=number),
        since=since,
        width=WIDTH,
        height=HEIGHT,
    )


def bars_of(table: Table) -> list[Bar]:
    """The medians to scale; nothing where none is recorded."""
    medians = [cell.median.total_seconds() for _, row in table.rows for cell in row if cell.median]
    most = max(medians, default=0.0)
    step = WIDTH / len(table.rows)
    width = (step - GAP) / max(1, len(table.severities))
    bars = []
    for month, (first, row) in enumerate(table.rows):
        for place, (name, severity, cell) in enumerate(
            zip(table.headings, table.severities, row, strict=True)
        ):
            if cell.median and most:
                height = max(2.0, round(HEIGHT * cell.median.total_seconds() / most, 1))
                x = round(month * step + place * width, 1)
                title = f"{first:%b %Y}, {name}: {cell.text}"
                kind = severity.value if severity else "unknown"
                bars.append(Bar(x, HEIGHT - height, round(width - 1, 1), height, kind, title))
    return bars
