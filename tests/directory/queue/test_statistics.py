"""Figures: what is known at once, and what the worker counts once a day."""

from datetime import UTC, datetime

from flask import Flask
from sqlalchemy import select

from portal.core.clock import now
from portal.core.storage.database import db
from portal.directory.statistics.months import last_months
from portal.directory.statistics.tasks import count_what_is_due
from portal.jobs.models import Operation
from portal.jobs.operations.service import perform
from tests.directory.pages.studios import make_studio
from tests.support.cast import log_in, make_account
from tests.support.pages import check_page, words
from tests.support.site_directory import place_directory

STATISTICS = "/ops/directory/statistics"


def operations() -> list[Operation]:
    return list(db.session.scalars(select(Operation).where(Operation.kind.like("%figures"))))


def test_figures_are_counted_once_a_day_and_shown(app: Flask):
    place_directory()
    for name in ("Quiet Corner", "Elm Row"):
        make_studio(name, ratings=(4, 5), created_at=now())
    admin = app.test_client()
    log_in(admin, make_account("ana"))
    before = check_page(admin.get(STATISTICS).text)
    assert "were not counted yet" in words(before.main)

    count_what_is_due()
    count_what_is_due()
    [operation] = operations()
    assert perform(operation)
    db.session.commit()
    count_what_is_due()
    assert len(operations()) == 1
    assert db.session.get_one(Operation, operation.id).is_done, operation.outcome

    page = check_page(admin.get(STATISTICS).text)
    rows = {words(each.th): words(each.td) for each in page.select("tbody tr")}
    assert rows["Active"] == "2"
    assert "4.5" in words(page.select_one(".figures"))
    [first] = page.select("#by-month ~ .table-wrap tbody tr")[:1]
    assert words(first).startswith(f"{now():%Y-%m} (so far)")
    heads = [words(each) for each in page.select("#by-month ~ .table-wrap thead th")]
    assert heads == ["Month", "Sign-ups", "Published", "Reviews", "Messages", "Claims", "Reports"]
    cells = [words(each) for each in first.select("td")]
    assert cells[2] == "4"
    log_in(admin, make_account("omar"))
    assert admin.get(STATISTICS).status_code == 403


def test_the_months_end_with_the_current_one():
    names = [each.name for each in last_months(datetime(2026, 3, 31, tzinfo=UTC))]
    assert (names[0], names[8:], len(names)) == (
        "2025-04",
        ["2025-12", "2026-01", "2026-02", "2026-03"],
        12,
    )
