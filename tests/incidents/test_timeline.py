"""The timeline: from the table of a text, from updates, else from the facts."""

from datetime import UTC, datetime

import pytest

from portal.documents.audiences.audience import STAFF, Audience, Reader
from portal.incidents.report_view import ReportView
from tests.incidents.test_report import WHOLE, report

ACME = Reader(Audience.CLIENTS, "acme")


def seen(found, reader=STAFF):
    return ReportView(found, reader).timeline


def timeline(*rows, head="Time | Event", before="**Date:** 2026-05-03\n"):
    table = "\n".join([f"| {head} |", "|---|---|", *(f"| {row} |" for row in rows)])
    return seen(report(f"# Outage\n\n{before}\n{table}\n"))


def clocks(*rows, **more):
    return [f"{m.when:%d %H:%M}" if m.when else None for m in timeline(*rows, **more)]


def test_a_table_headed_time_and_event_is_the_timeline():
    found = timeline("**~14:00** | It *broke*", "14:15 | Somebody `saw` it")
    assert [(m.written, m.text) for m in found] == [
        ("~14:00", "It broke"),
        ("14:15", "Somebody saw it"),
    ]
    assert found[0].when == datetime(2026, 5, 3, 14)  # noqa: DTZ001 (no zone is known)
    assert found[0].at is None


@pytest.mark.parametrize(
    "head", ["Time | Event", "**When** | What happened", "TIME (UTC) | Events"]
)
def test_the_heads_may_be_written_otherwise(head):
    assert clocks("14:00 | a", head=head) == ["03 14:00"]


@pytest.mark.parametrize("head", ["Name | Event", "Time | Cost", "Times a day | Event"])
def test_another_table_is_none(head):
    assert timeline("14:00 | a", head=head) == []


def test_the_zone_of_the_head_or_of_the_cell_counts():
    assert timeline("14:00 | a", head="Time (UTC) | Event")[0].at == datetime(
        2026, 5, 3, 14, tzinfo=UTC
    )
    assert timeline("14:00 UTC | a")[0].at is not None
    assert timeline("14:00 sharp | a")[0].at is None


@pytest.mark.parametrize(
    ("written", "clock"),
    [
        *(("14:00", "03 14:00"), ("~9:05", "03 09:05"), ("2:30 pm", "03 14:30")),
        *(("12:10 am", "03 00:10"), ("14.00", "03 14:00"), ("14:00-14:15", "03 14:00")),
        *(("2026-05-04 01:00", "04 01:00"), ("25:00", None), ("later", None), ("99:99", None)),
    ],
)
def test_times_are_read_as_people_write_them(written, clock):
    assert clocks(f"{written} | a") == [clock]


def test_after_midnight_comes_the_next_day():
    assert clocks("23:50 | a", "00:10 | b", "00:20 | c") == ["03 23:50", "04 00:10", "04 00:20"]


def test_a_slip_of_the_order_is_no_new_day():
    assert clocks("14:30 | a", "14:15 | b") == ["03 14:15", "03 14:30"]


def test_without_a_day_the_times_stand_as_they_are_written():
    found = timeline("14:00 | a", "13:00 | b", before="")
    assert [(m.written, m.when) for m in found] == [("14:00", None), ("13:00", None)]


def test_updates_join_in():
    found = report(WHOLE)
    assert [m.text for m in seen(found, ACME)] == ["We know why.", "Acme's own words."]
    assert [m.kind for m in seen(found)] == ["update"] * 3


def test_where_nothing_else_tells_it_the_facts_do():
    found = report(
        "---\nstarted: 2026-03-04 09:00 UTC\nresolved: 2026-03-04 10:00 UTC\n---\nText\n"
    )
    assert [m.text for m in seen(found)] == ["Started", "Resolved"]


def test_a_row_for_some_readers_is_not_in_the_timeline_of_others():
    table = "| Time | Event |\n|---|---|\n| 10:00 | a |\n/// internal\n| 10:05 | b |\n///\n"
    found = report(f"# O\n\n2026-01-01\n\n{table}")
    assert [m.text for m in seen(found)] == ["a"]


def test_a_row_with_too_few_cells_is_left_out():
    assert [m.text for m in timeline("14:00 | a", "14:10")] in (["a"], ["a", ""])
