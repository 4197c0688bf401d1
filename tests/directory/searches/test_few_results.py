"""Searches with few results: counted by day, in clear after five days, not in maintenance."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from threading import Thread

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from portal.core.storage.database import db
from portal.directory.searches.counting import MOST, counts
from portal.directory.searches.models import FewResults, Kind
from portal.directory.searches.service import KEPT_DAYS, write_counts
from portal.directory.views import write_later
from tests.directory.pages.conftest import reader, site  # noqa: F401 — fixtures
from tests.directory.pages.studios import make_studio
from tests.support.cast import log_in, make_account
from tests.support.pages import PageClient, words

START = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _own_counts() -> Iterator[None]:
    counts.take()
    yield
    counts.take()


def search(reader: PageClient, query: str, *, day: int = 0) -> None:  # noqa: F811
    with time_machine.travel(START + timedelta(days=day), tick=False):
        reader.get(f"/studios?{query}")
        write_counts()
    db.session.rollback()


def kept() -> list[FewResults]:
    rows = list(db.session.scalars(select(FewResults).order_by(FewResults.day, FewResults.digest)))
    db.session.expunge_all()
    db.session.rollback()
    return rows


def test_a_word_is_in_clear_after_five_different_days(reader: PageClient):  # noqa: F811
    for day in (0, 0, 1, 2, 3):
        search(reader, "q=Theremins", day=day)
    assert [(row.word, row.searches) for row in kept()] == [
        *((None, 2), (None, 1), (None, 1), (None, 1))
    ]
    assert "theremin" not in repr([vars(row) for row in kept()]).lower()
    search(reader, "q=theremins", day=4)
    assert {row.word for row in kept()} == {"theremins"}


def test_what_is_found_is_not_counted(reader: PageClient):  # noqa: F811
    for number in range(3):
        make_studio(f"Oak {number}")
    for query in ("q=oak", "", "q=oak&page=2", "q=0770090012345", "near=london&q=oak"):
        search(reader, query)
    assert kept() == []
    search(reader, "q=larch+oak+larch")
    assert [row.searches for row in kept()] == [1, 1]


def test_an_unknown_place_is_counted_as_a_place(reader: PageClient):  # noqa: F811
    search(reader, "near=Gondolin&q=oak")
    assert [(row.kind, row.word) for row in kept()] == [(Kind.PLACE, None)]


@pytest.mark.parametrize(
    ("query", "counted"),
    [
        ("near=07700 900123", []),
        ("near=44 Nowhere Lane", []),
        ("near=ben@nowhere.example", []),
        ("near=ZZ9 9ZZ", ["zz9"]),
        ("near=Gondolin", ["gondolin"]),
        ("q=tel07700900123", []),
        ("q=x07700900123", []),
        ("q=%2B44 7700 900123", ["44", "7700"]),
    ],
)
def test_nothing_that_may_be_personal_is_counted(
    reader: PageClient,  # noqa: F811
    query: str,
    counted: list[str],
):
    reader.get(f"/studios?{query}")
    assert sorted(word for _, _, word in counts.counts) == counted


def test_nothing_is_written_or_counted_in_maintenance(
    reader: PageClient,  # noqa: F811
    app: Flask,
):
    reader.get("/studios?q=theremin")
    write_counts(lambda: "We are read-only.")
    assert kept() == []
    write_counts(lambda: None)
    assert len(kept()) == 1
    app.extensions["portal.directory.check"] = lambda: "We are read-only."
    reader.get("/studios?q=ondes")
    assert not counts.counts


def test_old_rows_go(reader: PageClient):  # noqa: F811
    search(reader, "q=theremin")
    search(reader, "q=ondes", day=KEPT_DAYS + 1)
    assert len(kept()) == 1


def test_memory_is_bounded_and_writing_waits_for_its_minute():
    started = []
    for number in range(MOST + 50):
        counts.add([(START.date(), Kind.WORD, f"w{number}")], later=None)
    assert len(counts.counts) == MOST
    taken = counts.take()
    counts.add([(START.date(), Kind.WORD, f"new{number}") for number in range(MOST)], later=None)
    counts.give_back(taken)
    assert len(counts.counts) == MOST, "however often it can't be written"
    counts.is_due = True
    counts.add([(START.date(), Kind.WORD, "w1")], later=lambda: started.append(1))
    assert started == []


def test_only_admins_see_the_list(reader: PageClient):  # noqa: F811
    log_in(reader, make_account("omar"))
    assert reader.get("/ops/searches").status_code == 403
    log_in(reader, make_account("ana"))
    assert "Nothing to show yet" in words(reader.page("/ops/searches"))
    for day in range(5):
        search(reader, "q=theremin", day=day)
        search(reader, "near=Gondolin", day=day)
    search(reader, "q=secretword", day=5)
    page = reader.page("/ops/searches")
    rows = [words(row) for row in page.select("tbody tr")]
    assert rows == ["gondolin Place 5 5 2026-03-06", "theremin Word 5 5 2026-03-06"]
    assert "1 more word was searched on fewer than 5 days" in words(page)
    assert "secretword" not in page.decode()
    assert len(reader.page("/ops/searches?kind=place").select("tbody tr")) == 1
    assert len(reader.page("/ops/searches?kind=x&page=99").select("tbody tr")) == 2


def test_a_thread_of_its_own_asks_the_directory_and_writes(
    reader: PageClient,  # noqa: F811
    app: Flask,
):
    """What the check reads of the directory ends before ops is written."""
    app.extensions["portal.directory.check"] = lambda: db.session.scalar(select(None))
    with app.test_request_context("/studios"):
        write = write_later()
    reader.get("/studios?q=theremin")
    thread = Thread(target=write)
    thread.start()
    thread.join()
    assert len(kept()) == 1
