"""What a kept column may hold: what its line says and nothing else, whatever its type claims."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.core.clock import now
from portal.core.storage.database import db
from portal.databases.sync.columns.kept_values import HIGHEST_ID, LONGEST_WORD, kept
from portal.databases.sync.results import last_sync
from portal.jobs.models import OperationLine
from tests.databases import stage

LINES = {
    "boolean": [True, False, 0, 1],
    "0..100": [0, 100],
    "-5..5": [-5, 5],
    "0.00..9.99": [0, 1, 0.5, 9.99, Decimal("1.20")],
    "time": [
        "1970-01-01 00:00:00", "2026-11-25T18:57:32.123456Z", "2026-11-25",
        "2026-11-25 18:57:32+00", "2026-11-25 01:00:00+0200", date(2026, 1, 1),
        datetime(2026, 1, 1, tzinfo=UTC),
    ],
    "draft, in review": ["draft", "in review"],
    "id": [1, HIGHEST_ID],
    "id of users": [7],
}  # fmt: skip
NEVER = [
    "Zarina Okonkwo", b"Zarina", b"", "", "1", "true", 447911123456, -1e6, float("nan"),
    float("inf"), 2.5000001, Decimal("NaN"), 2**63, "1969-12-31 23:59:59", "2026-13-01 00:00:00",
    "0020-01-01", "infinity", "12026-01-01 00:00:00+00",
    "2026-11-25 18:57:32 Zarina", "2026-11-25 18:57:32.1234567", "\N{FULLWIDTH DIGIT TWO}026-11-25",
    "draft ", "Draft", "draft, in review", datetime(1969, 12, 31, tzinfo=UTC), [1], {"a": 1},
]  # fmt: skip


@pytest.mark.parametrize("line", LINES)
def test_a_line_allows_what_it_says_and_stops_everything_else(line):
    keeps = kept(line)
    assert keeps.fits(LINES[line])
    assert keeps.fits([])
    for value in NEVER:
        with_it = [value] if isinstance(value, list | dict) else [*LINES[line], value]
        assert not keeps.fits(with_it), value


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("boolean", 2), ("boolean", 0.0), ("boolean", 1.0), ("0..100", 3.0), ("0..100", 101),
        ("0..100", -1), ("0..100", True), ("0.00..9.99", 1.234), ("0.00..9.99", 10), ("id", 0),
        ("id", True),
        ("id", HIGHEST_ID + 1),
    ],
)  # fmt: skip
def test_what_is_nearly_right_stops(line, value):
    assert not kept(line).fits([value])


def test_a_time_ends_a_year_from_now():
    for days, fits in ((1, True), (360, True), (370, False), (36500, False)):
        later = now() + timedelta(days=days)
        assert kept("time").fits([later]) is fits
        assert kept("time").fits([f"{later:%Y-%m-%d %H:%M:%S.%f}"]) is fits


@pytest.mark.parametrize("line", ["", "5..1", "a,,b", ",", "x" * (LONGEST_WORD + 1)])
def test_a_line_that_can_not_be_held_to_says_nothing(line):
    assert kept(line) is None


@given(value=st.one_of(st.text(), st.binary(), st.floats(), st.integers()))
def test_nothing_but_numbers_times_and_listed_words_is_ever_kept(value):
    allowed = {line for line in LINES if kept(line).fits([value])}
    if isinstance(value, str):
        assert allowed <= {"draft, in review", "time"}
        assert (
            not allowed or value in {"draft", "in review"} or set(value) <= set("0123456789-:T Z+.")
        )
    elif isinstance(value, bytes):
        assert not allowed
    elif isinstance(value, float):
        assert allowed <= {"0.00..9.99"}
    else:
        assert not allowed or 0 <= abs(value) <= HIGHEST_ID


@pytest.fixture
def unsynced(both):
    yield
    assert last_sync("development") is None


@pytest.mark.parametrize(
    ("table", "column", "value", "than"),
    [
        ("user_profiles", "rate_tier_1", "'Zarina Okonkwo'", "a number from 0 to 100000"),
        ("user_profiles", "rate_tier_2", "X'5a6172696e61'", "a number from 0 to 100000"),
        ("user_profiles", "rate_tier_3", "51.5072178", "a number from 0 to 100000"),
        ("studio_images", "sort_order", "447911123456", "a number from 0 to 100000"),
        ("users", "email_verified", "'0117 496 0123'", "true or false"),
        ("users", "created_at", "'Zarina Okonkwo'", "a time between 1970 and a year from now"),
        ("reviews", "updated_at", "'2126-11-25 18:57:32'", "a time between 1970"),
        ("reviews", "updated_at", "1174960123", "a time between 1970"),
    ],
)
def test_what_hides_in_a_kept_column_stops_the_sync_by_table_and_column(
    unsynced, table, column, value, than
):
    production, development = map(stage.target_named, ("production", "development"))
    before = stage.content(development)
    stage.execute(production, f"UPDATE {table} SET {column} = {value} WHERE id = 3")

    operation = stage.operate("databases.sync", target="development")

    assert operation.state == "refused"
    assert f"{table}.{column} of production holds something other than {than}" in operation.outcome
    assert value.strip("'") not in operation.outcome
    assert stage.content(development) == before
    assert "Zarina" not in " ".join(db.session.scalars(db.select(OperationLine.text)))


def test_an_id_of_no_row_could_be_any_number(unsynced):
    stage.execute(
        stage.target_named("production"), "UPDATE reviews SET owner_id = 1174960123 WHERE id = 1"
    )

    said = stage.operate("databases.sync", target="development").outcome

    assert "reviews.owner_id of production holds a number that no row of users has" in said
    assert "1174960123" not in said
