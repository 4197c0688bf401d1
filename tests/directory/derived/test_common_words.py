"""Words that become common and rare again, on both engines; and what statements read."""

import re
from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import Connection, event, text
from werkzeug.datastructures import MultiDict

from portal.core.storage.database import db
from portal.databases.engines import engine_for
from portal.databases.targets.config import Target
from portal.directory.index import circles, statements
from portal.directory.search import find as search
from portal.directory.search.find import Results, find_studios
from portal.directory.search.search_query import read_wish
from tests.directory.derived.conftest import common_from, fill
from tests.directory.derived.looking import by_hand, differing
from tests.directory.pages.studios import LONDON, make_studio

ASKED = (
    *({}, {"q": "voice"}, {"q": "neumann dublin"}, {"q": "mic"}, {"type": "home"}),
    *({"near": "London"}, {"near": "London", "q": "voice"}, {"near": "London", "radius": "2000"}),
    *({"q": "voice", "sort": "rating"}, {"sort": "newest"}, {"sort": "name", "page": "2"}),
    *({"q": "re"}, {"q": "reco"}, {"near": "London", "radius": "250", "sort": "distance"}),
    *({"near": "BS1 4QA"}, {"near": "ZZ1"}, {"near": "Mancehster"}, {"near": "Hull"}),
    *({"q": "nemuann"}, {"country": "GB", "service": "Zoom", "type": "home", "q": "voice"}),
)
WALKS = re.compile(
    r"SCAN derived_search USING COVERING INDEX ix_derived_search_(rated|made|named)"
    r"|SCAN derived_counts"
)


def results(**asked: str) -> Results:
    return find_studios(read_wish(MultiDict(asked).getlist))


def test_a_word_that_becomes_common_and_rare_again(common: Target, app: Flask):
    assert differing(common) == {}
    made = []
    for n in range(1, 6):
        made.append(make_studio(f"Oakquartz {n}", at=LONDON))
        assert results(q="oakquartz").page.total == n
        assert results(q="oakqua", near="London").page.total == n
    assert differing(common) == {}
    for left in (4, 3, 2, 1, 0):
        db.session.delete(made.pop())
        db.session.commit()
        assert results(q="oakquartz").page.total == left
    assert differing(common) == {}


def test_answers_are_the_same_whether_words_are_common_or_not(
    common: Target, app: Flask, monkeypatch: pytest.MonkeyPatch
):
    """Common ones are answered by sets, others by full text."""
    by_sets = [shown(results(**asked)) for asked in ASKED]
    common_from(monkeypatch, 10**6)
    by_hand(common, "UPDATE derived_state SET is_whole = false, filled_to = -1")
    db.session.rollback()
    fill(common)
    assert differing(common) == {}
    db.session.rollback()
    assert [shown(results(**asked)) for asked in ASKED] == by_sets


def shown(found: Results) -> tuple[object, ...]:
    assert found.is_from_index or found.where.fault
    slugs = [card.slug for card in found.page.items]
    return slugs, found.page.total, [(chip.label, chip.count) for chip in found.types]


@pytest.mark.parametrize(
    "broken",
    [
        "DELETE FROM derived_search_sets WHERE token = 'voice'",
        "UPDATE derived_search_sets SET token = 'q=x' WHERE token = 't=home'",
        "UPDATE derived_search_sets SET studios = studios + 1 WHERE token = ''",
    ],
)
def test_a_set_that_is_wrong_is_found(common: Target, broken: str):
    by_hand(common, broken)
    assert list(differing(common)) == ["search"]


def test_no_more_rows_are_read_than_a_page_shows(
    kept: Target, app: Flask, monkeypatch: pytest.MonkeyPatch
):
    """Around a place as well, with everybody at the edge of the circle: the database measures."""
    for n in range(30):
        make_studio(f"Oak {n:02}", at=LONDON)
    read, counted = statements.Ask._read, []

    def _read(*given, **more):
        counted.append(len(rows := read(*given, **more)))
        return rows

    monkeypatch.setattr(statements.Ask, "_read", _read)
    monkeypatch.setattr(circles, "ROWS", 1)
    monkeypatch.setattr(search, "PAGE", 4)
    for asked in ASKED:
        for more in ({}, {"page": "2"}, {"after": "last"}):
            results(**{**asked, **more})
    assert max(counted) <= 4 + 1


def test_no_statement_reads_a_whole_table(common: Target, app: Flask):
    """Of a search, cards and places included. On PostgreSQL with what it would take for a large
    table; walking an order is ended by its limit, and full text is asked for by its words. Where a
    place is unknown, the names of all cities are read."""
    results()
    told: list[tuple[str, str]] = []
    with watching(told):
        for asked in ASKED:
            results(**asked)
    with engine_for(common.url).reading() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL enable_seqscan = off"))
        bad = [
            (statement, line)
            for statement, values in told
            for line in plan(connection, statement, values)
            if is_whole(line)
        ]
    assert bad == []
    assert len(told) > len(ASKED)


def is_whole(line: str) -> bool:
    if re.search("Seq Scan on (derived|studio|review|user)", line):
        return "derived_counts" not in line
    is_scan = re.search(r"SCAN (derived|studio|review|user|s\b|x\b|d\b)", line)
    return bool(is_scan) and not (WALKS.search(line) or "VIRTUAL TABLE INDEX 0:M" in line)


def plan(connection: Connection, statement: str, values: object) -> Iterator[str]:
    is_sqlite = connection.dialect.name == "sqlite"
    explain = "EXPLAIN QUERY PLAN " if is_sqlite else "EXPLAIN "
    for row in connection.exec_driver_sql(explain + statement, values):
        yield str(row[-1])


class watching:  # noqa: N801 - it stands where a function would
    """Notes the statements about the index."""

    def __init__(self, told: list[tuple[str, str]]) -> None:
        self.told = told

    def note(self, _connection, _cursor, statement, values, _context, _many):
        is_of_content = re.search("derived_(?!state)|studio|review", statement)
        if is_of_content and statement.startswith("SELECT"):
            self.told.append((statement, values))

    def __enter__(self) -> None:
        self.engine = db.session.connection().engine
        event.listen(self.engine, "before_cursor_execute", self.note)

    def __exit__(self, *_error: object) -> None:
        event.remove(self.engine, "before_cursor_execute", self.note)
