"""Timelines as people write them: heads, days in rows, zones, lists; and what is not read."""

import time
from datetime import UTC, date, datetime

import pytest

from portal.documents.document import parse_document
from portal.incidents.lint.run import lint_report
from portal.incidents.report import parse_report
from portal.incidents.timelines.timeline import in_order
from tests.incidents.test_report import report


def read(text, before="**Date:** 2026-03-07\n"):
    """Rows as day, clock and offset from UTC in hours, or None; and their words."""
    moments = told(report(f"# Outage\n\n{before}\n{text}\n"))
    return [_when(moment) for moment in moments], [moment.text for moment in moments]


def told(found):
    """What the text tells; updates and facts are not its matter."""
    return in_order(row.moment for row in found.told_in(found.document.body).rows)


def _when(moment):
    if moment.when is None:
        return None
    zone = f"{moment.when:%z}"[:5]
    return f"{moment.when:%d %H:%M} {zone}".strip()


def rows(*written, head="Time | Event", **more):
    lines = "".join(f"| {each} | x |\n" for each in written)
    return read(f"| {head} |\n|---|---|\n{lines}", **more)[0]


def lint(text, head="---\naudience: internal\n---\n"):
    source = f"{head}# Outage\n\n{text}\n"
    found = lint_report(parse_report(parse_document(source, "outage")), source, roots=[])
    return [str(each).partition("line ")[2] for each in found]


@pytest.mark.parametrize(
    ("head", "zone"),
    [
        *(("Date and Time in UTC | Event description", "+0000"), ("Time [UTC] | Event", "+0000")),
        *(("Date and Time in CET | Event", "+0100"), ("Time (all times in UTC) | What", "+0000")),
        *(("Time UTC | Details", "+0000"), ("UTC time | Action taken", "+0000")),
        *(("Time, UTC+2 | Note", "+0200"), ("Time (Europe/Berlin) | Event", "+0100")),
        *(("Date/Time | Event", ""), ("Timestamp | Description of the event", "")),
        *(("**Time** (PST) | Event", ""), ("When | What has happened", ""), ("Date | Event", "")),
    ],
)
def test_heads_of_a_timeline(head, zone):
    assert rows("09:12", head=head) == [f"07 09:12 {zone}".strip()]


@pytest.mark.parametrize(
    ("written", "when"),
    [
        *(("2026-03-08 09:12", "08 09:12"), ("7 March 2026 09:12", "07 09:12")),
        *(("Mar 8, 09:12", "08 09:12"), ("Sun 8 March 09:12", "08 09:12")),
        *(("08.03.2026 09:12", "08 09:12"), ("March 8th 2026, 9:12 pm", "08 21:12")),
        *(("2026-03-08T09:12:00Z", "08 09:12 +0000"), ("2026-03-08T09:12-05:00", "08 09:12 -0500")),
        *(("2026-03-08 09:12 -0500", "08 09:12 -0500"), ("2026-03-08 09:12-09:40", "08 09:12")),
        *(
            ("14:02–14:10", "07 14:02"),
            ("14:02–14:10 UTC", "07 14:02 +0000"),
            ("~ 14:05", "07 14:05"),
        ),
        *(("14:02:33", "07 14:02"), ("2:00–2:30 pm", "07 14:00"), ("2pm", "07 14:00")),
        *(("14:00 CET", "07 14:00 +0100"), ("14:00 (UTC+1)", "07 14:00 +0100")),
        *(("14:00 PST", "07 14:00"), ("14:00 America/New_York", "07 14:00 -0500")),
        *(("Dec 31 23:50", "31 23:50"), ("03/08/2026 09:12", None), ("2026-02-30 09:12", None)),
        *(("T+5min", None), ("T+5:00", None), ("+00:15", None), ("13:00 am", None)),
        *(("11:00–12:30 pm", None), ("2026-03-08 23:00-01:00", None), ("14:00 CEST", None)),
    ],
)
def test_times_of_rows(written, when):
    assert rows(written) == [when]


def test_a_zone_that_is_not_understood_is_not_replaced_by_another():
    head = "---\nzone: UTC\ndate: 2026-03-07\n---\n"
    table = "| Time | Event |\n|---|---|\n| 09:00 PST | x |\n| 09:05 | y |\n"
    assert [_when(moment) for moment in told(report(f"{head}{table}"))] == [
        "07 09:00",
        "07 09:05 +0000",
    ]


@pytest.mark.parametrize(
    ("said", "zone"),
    [
        *(
            ("All times in UTC.", "+0000"),
            ("Times are CET.", "+0100"),
            ("(all times UTC)", "+0000"),
        ),
        *(("All times below are given in UTC+2.", "+0200"), ("Time zone: Asia/Tokyo", "+0900")),
        *(("*All timestamps are in GMT*", "+0000"), ("All times PST.", ""), ("Local times.", "")),
        *(("> All times in UTC.", ""), ("All times in UTC.\n\nAll times in CET.", "")),
        *(("Response times in UTC rose.", ""), ("```\nAll times in UTC\n```", "")),
    ],
)
def test_the_zone_of_the_text(said, zone):
    table = "| Time | Event |\n|---|---|\n| 09:12 | x |\n"
    for text in (f"{said}\n\n{table}", f"{table}\n{said}"):
        assert read(text)[0] == [f"07 09:12 {zone}".strip()]


def test_front_matter_speaks_before_the_text():
    text = "date: 2026-03-07\n---\nAll times in UTC.\n\n- 09:00 a\n- 09:05 b\n"
    assert told(report(f"---\nzone: unknown\n{text}"))[0].at is None
    assert told(report(f"---\nzone: +02:00\n{text}"))[0].at == datetime(2026, 3, 7, 7, tzinfo=UTC)
    assert told(report(f"---\n{text}"))[0].at == datetime(2026, 3, 7, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "## Timeline\n\n- **14:02** alert\n- **14:10**: Ana *looks*",
        "## Timeline\n\n* 14:02 – alert\n* [14:10] Ana looks",
        "## Incident timeline\n\n1. 14:02: alert\n2. ~14:10 Ana looks",
        "## Timeline\n\n**14:02** alert  \n**14:10** Ana looks",
        "## Timeline\n\n### 14:02\n### 14:10 – Ana looks".replace(
            "### 14:02\n", "### 14:02 alert\n"
        ),
        "## Timeline\n\n- 14:02\n  - alert\n- 14:10\n  - Ana looks",
        "## Timeline\n\n| 14:02 | alert |\n|---|---|\n| 14:10 | Ana looks |",
        "## Timeline\n\n| | |\n|---|---|\n| 14:02 | alert |\n| 14:10 | Ana looks |",
        "- 14:02 alert\n- 14:10 Ana looks",
        "|Date|Time|Event|\n|-|-|-|\n|2026-03-07|14:02|alert|\n||14:10|Ana looks|",
    ],
)
def test_where_a_timeline_is(text):
    assert read(text) == (["07 14:02", "07 14:10"], ["alert", "Ana looks"])


@pytest.mark.parametrize(
    "text",
    [
        "- 14:02 alert\n- and so on",
        "> - 14:02 alert\n> - 14:10 Ana looks",
        "- 2.15 was released\n- 2.16 too",
        "## Timeline\n\nIt began at 14:02.",
    ],
)
def test_what_is_no_timeline(text):
    assert read(text) == ([], [])


def test_the_day_is_taken_from_the_first_row_that_states_one():
    found = report("# O\n\n## Timeline (UTC)\n\n- 7 March 2026 23:50 a\n- 00:10 b\n- T+5min c\n")
    assert found.day == date(2026, 3, 7)
    assert [_when(each) for each in told(found)] == ["07 23:50 +0000", "08 00:10 +0000", None]
    assert [each.written for each in told(found)] == ["7 March 2026 23:50", "00:10", "–"]
    by_heading = "## Timeline\n\n### 7 March 2026\n\n- 23:00 a\n\n### 9 March 2026\n\n- 01:00 b\n"
    assert [_when(each) for each in told(report(f"# O\n\n{by_heading}"))] == [
        "07 23:00",
        "09 01:00",
    ]


def test_a_row_that_states_its_day_is_not_moved():
    assert rows("2026-03-09 10:00", "2026-03-07 09:00") == ["07 09:00", "09 10:00"]


def test_hours_that_clocks_showed_twice_or_never_have_no_time():
    head = "Time (Europe/Berlin) | Event"
    assert rows("2026-03-29 02:30", "2026-03-29 03:30", head=head) == [None, "29 03:30 +0200"]
    assert rows("2026-10-25 02:30", "2026-10-25 03:30", head=head) == [None, "25 03:30 +0100"]


TABLE = "| Time | Event |\n|---|---|\n"


TIME = "A time in the timeline was not read, "
NAMED = [
    (f"{TABLE}| T+5min | a |\n| later | b |", f"8: note: {TIME}“T+5min”, “later”: no clock"),
    (f"{TABLE}| 09:00 | a |", f"8: note: {TIME}“09:00”: nothing says on which day"),
    (
        f"{TABLE}| 2026-03-07 09:00 PST | a |",
        "8: note: Its zone in the timeline was not read, “2026-03-07 09:00 PST”: “PST” is no",
    ),
    (
        f"{TABLE}| 03/07/2026 09:00 | a |",
        f"8: note: {TIME}“03/07/2026 09:00”: “03/07/2026” can be",
    ),
    (f"{TABLE}| 2026-03-07 10:00 | a |\n| 09:00 | b |", "9: This row of the timeline is before"),
    (
        f"All times PST.\n\n{TABLE}| 2026-03-07 10:00 | a |",
        "6: note: The times of the text have no zone: “PST”",
    ),
    (
        f"All times UTC.\nTimes in CET.\n\n{TABLE}| 2026-03-07 10:00 | a |",
        "7: note: The text names UTC and CET",
    ),
    (
        "## Timeline\n\nIt began at 14:02.",
        "6: note: No time was read below “Timeline”, so there is",
    ),
    ("## Timeline\n\n- T+5 a\n- T+6 b", "6: note: No time was read below “Timeline”, so there is"),
    ("| A | B |\n|---|---|\n| 14:02 | x |\n| 14:03 | y |", "6: note: This table looks like a time"),
    ("Severity: medium", "6: Severity: “medium” was not understood. Write critical, major"),
    ("- Date: 03/07/2026", "6: Date: “03/07/2026” is not a day such as 2025-12-16."),
    ("Status: Fixed\nStatus: Open", "7: The text states more than one status"),
]


@pytest.mark.parametrize(("text", "finding"), NAMED)
def test_what_was_not_read_is_named_with_its_line(text, finding):
    found = lint(text)
    assert len(found) == 1, found
    assert found[0].startswith(finding), found


def test_a_sound_timeline_has_no_findings():
    assert (
        lint("All times in UTC.\n\n## Timeline\n\n- 2026-03-07 14:02 alert\n- 14:10 Ana looks")
        == []
    )


@pytest.mark.parametrize(
    "text",
    [
        "## Timeline\n\n" + "- 14:02 a\n" * 1_500,
        TABLE + "| 2026-03-07 14:02 | a |\n" * 1_500,
        "All times " * 10_000,
        "Status: " + "not " * 20_000,
        "**Status:** " + "~~" * 20_000,
        "## Timeline\n\n- " + "9" * 50_000 + "\n- " + "jan " * 20_000,
        "[" * 3_000 + "14:02" + "-14:02" * 8_000,
    ],
)
def test_a_text_made_to_be_slow_is_read_in_time(text):
    begun = time.process_time()
    told(report(text))
    lint(text)
    assert time.process_time() - begun < 4
