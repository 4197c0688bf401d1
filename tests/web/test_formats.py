"""Times, durations and sizes read the same everywhere."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from portal.web.formats import (
    clock_time,
    date,
    duration,
    filesize,
    moment,
    number,
    page_window,
    relative,
    short_hash,
)

NOW = datetime(2026, 11, 22, 14, 44, 10, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _still():
    with time_machine.travel(NOW, tick=False):
        yield


def test_a_moment_shows_the_hour_how_long_ago_and_utc_on_hover():
    shown = moment(NOW - timedelta(minutes=12))
    assert shown == (
        '<time datetime="2026-11-22T14:32:10Z" title="2026-11-22 14:32:10 UTC">'
        "14:32 UTC (12 minutes ago)</time>"
    )


def test_a_moment_reads_on_the_readers_clock(app: Flask):
    with app.test_request_context(headers={"Cookie": "zone=Europe/Vienna"}):
        assert "15:32 (12 minutes ago)" in moment(NOW - timedelta(minutes=12))


@pytest.mark.parametrize("zone", ["../../etc/passwd", "Nowhere/Land", "<b>", ""])
def test_a_zone_that_does_not_exist_is_utc(app: Flask, zone: str):
    with app.test_request_context(headers={"Cookie": f"zone={zone}"}):
        assert clock_time(NOW) == "14:44 UTC"


@pytest.mark.parametrize(
    ("ago", "shown"),
    [
        (timedelta(hours=1), "13:44 UTC"),
        (timedelta(days=2), "Fri 14:44 UTC"),
        (timedelta(days=341), "16 Dec 2025, 14:44 UTC"),
    ],
)
def test_a_day_is_named_as_far_as_needed(ago: timedelta, shown: str):
    assert clock_time(NOW - ago) == shown


def test_midnight_divides_the_days_of_the_readers_zone():
    assert clock_time(NOW - timedelta(hours=15), ZoneInfo("Asia/Tokyo")) == "Sun 08:44"[4:]
    assert clock_time(NOW - timedelta(hours=15)) == "Sat 23:44 UTC"


@pytest.mark.parametrize(
    ("ago", "shown"),
    [
        (timedelta(seconds=59), "just now"),
        (timedelta(minutes=1), "1 minute ago"),
        (timedelta(hours=26), "1 day ago"),
        (timedelta(days=61), "2 months ago"),
        (-timedelta(hours=3), "in 3 hours"),
    ],
)
def test_how_long_ago(ago: timedelta, shown: str):
    assert relative(NOW - ago) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0.2, "0.2 s"),
        (2.14, "2.1 s"),
        (9.97, "10 s"),
        (48, "48 s"),
        (59.6, "1 min"),
        (303, "5 min 3 s"),
        (3600, "1 h"),
        (4320, "1 h 12 min"),
        (187_200, "2 d 4 h"),
        (timedelta(minutes=72), "1 h 12 min"),
        (None, "–"),
    ],
)
def test_durations(seconds, shown: str):
    assert duration(seconds) == shown


@given(st.floats(min_value=0, max_value=10**9))
def test_a_duration_never_shows_sixty_of_a_unit(seconds: float):
    assert "60 s" not in duration(seconds)
    assert "60 min" not in duration(seconds)


def test_sizes_numbers_and_hashes():
    assert filesize(5_100_000) == "5.1 MB"
    assert filesize(900) == "900 bytes"
    assert number(64200) == "64,200"
    assert short_hash("6f2c90aa") == "6f2c…"
    assert short_hash(bytes.fromhex("6f2c90aa")) == "6f2c…"
    assert (filesize(None), number(None), short_hash(None), moment(None)) == ("–",) * 4


def test_a_date_for_pages_where_the_hour_says_nothing():
    assert date(NOW) == '<time datetime="2026-11-22">22 November 2026</time>'


@given(st.integers(1, 300), st.data())
def test_the_page_window_leaves_nothing_out_unsaid(pages: int, data):
    current = data.draw(st.integers(1, pages))
    window = page_window(current, pages)
    assert {1, current, pages} <= set(window)
    numbers = [n for n in window if n is not None]
    assert numbers == sorted(set(numbers))
    for before, after in zip(window, window[1:], strict=False):
        assert after is None or before is None or after == before + 1
    assert len(window) <= 9
