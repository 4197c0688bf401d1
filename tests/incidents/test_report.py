"""What is read from a report's front matter, and from its text where there is none."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from portal.core.errors import NotFound
from portal.documents.audiences.audience import PUBLIC, STAFF, Audience, Reader
from portal.documents.document import parse_document
from portal.incidents.report import parse_report
from portal.incidents.report_view import ReportView

CLIENTS = Reader(Audience.CLIENTS)
ACME = Reader(Audience.CLIENTS, "acme")
BETA = Reader(Audience.CLIENTS, "beta")

WHOLE = """---
title: Search stood still
date: 2026-03-04
severity: major
status: resolved
started: 2026-03-04 09:00 UTC
detected: 2026-03-04 09:05 UTC
acknowledged: 2026-03-04T10:09:00+01:00
mitigated: 2026-03-04 09:45 Europe/London
resolved: 2026-03-04T10:12:00Z
affected: [Search, Profiles]
audience: clients
clients: [Acme, beta]
summary: Nobody could search for an hour.
prepared-by: Omar
updates:
  - at: 2026-03-04 09:07 UTC
    status: investigating
    text: We saw it on the disk of db-7.
    audience: internal
  - at: 2026-03-04 09:20 UTC
    status: identified
    text: We know why.
  - at: 2026-03-04 09:30 UTC
    text: Acme's own words.
    audience: client acme
---
# Search

The index was full.
"""


def report(text, slug="outage"):
    return parse_report(parse_document(text, slug))


def with_front_matter(*lines):
    return report("\n".join(["---", *lines, "---", "# Outage", "", "Text."]))


def problems(*lines):
    return [problem.message for problem in with_front_matter(*lines).facts.problems]


def test_front_matter_says_everything():
    found = report(WHOLE)
    assert found.title == "Search stood still"
    assert found.day == date(2026, 3, 4)
    assert (found.severity, found.status) == ("major", "resolved")
    assert found.started == datetime(2026, 3, 4, 9, tzinfo=UTC)
    assert found.acknowledged == datetime(2026, 3, 4, 9, 9, tzinfo=UTC)
    assert found.mitigated == datetime(2026, 3, 4, 9, 45, tzinfo=UTC)
    assert found.duration == timedelta(hours=1, minutes=12)
    assert found.duration_text == "1 h 12 min"
    assert found.affected == ["Search", "Profiles"]
    assert found.clients == ["acme", "beta"]
    assert found.summary == "Nobody could search for an hour."
    assert found.prepared_by == "Omar"
    assert found.facts.problems == ()


def test_the_metrics_count_from_the_start():
    assert [(metric.name, metric.text) for metric in report(WHOLE).metrics_since(None)] == [
        ("Time to detect", "5 min"),
        ("Time to acknowledge", "9 min"),
        ("Time to first message", "20 min"),
        ("Time to mitigate", "45 min"),
        ("Time to resolve", "1 h 12 min"),
    ]


@pytest.mark.parametrize(
    ("minute", "text"), [(None, "20 min"), (12, "12 min"), (20, "20 min"), (55, "20 min")]
)
def test_the_first_message_is_an_update_or_an_email(minute: int | None, text: str):
    told = None if minute is None else datetime(2026, 3, 4, 9, minute, tzinfo=UTC)
    assert dict(_texts(report(WHOLE).metrics_since(told)))["Time to first message"] == text


def test_an_email_counts_where_no_update_does():
    told = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)
    bare = with_front_matter("started: 2026-03-04 09:00 UTC")
    assert dict(_texts(bare.metrics_since(told)))["Time to first message"] == "30 min"
    nowhere = with_front_matter("zone: unknown", "started: 2026-03-04 09:00")
    assert dict(_texts(nowhere.metrics_since(told)))["Time to first message"] == ""


def _texts(metrics):
    return [(metric.name, metric.text) for metric in metrics]


def test_what_is_not_recorded_is_blank_and_never_zero():
    found = with_front_matter("started: 2026-03-04 09:00 UTC", "detected: 2026-03-04 08:00 UTC")
    assert [metric.text for metric in found.metrics_since(None)] == [""] * 5
    assert [metric.text for metric in report("# Outage").metrics_since(None)] == [""] * 5
    assert (found.duration, found.duration_text) == (None, "")
    at_once = with_front_matter("started: 2026-03-04 09:00 UTC", "detected: 2026-03-04 09:00 UTC")
    assert at_once.metrics_since(None)[0].text == "under 1 min"


def test_times_without_a_zone_are_measured_and_never_taken_for_utc():
    found = with_front_matter(
        "zone: unknown", "started: 2025-12-16 14:00", "resolved: 2025-12-16 15:30"
    )
    assert (found.started, found.resolved) == (None, None)
    assert found.facts.times["started"].tzinfo is None
    assert found.duration_text == "1 h 30 min"
    assert found.day == date(2025, 12, 16)


def test_the_zone_of_the_file_is_that_of_times_without_one():
    found = with_front_matter(
        "zone: Europe/Berlin", "started: 2026-07-01 14:00", "resolved: 2026-07-01 14:00 UTC"
    )
    assert found.started == datetime(2026, 7, 1, 12, tzinfo=UTC)
    assert found.duration == timedelta(hours=2)


def test_a_time_with_a_zone_and_one_without_are_not_compared():
    found = with_front_matter("started: 2025-12-16 14:00", "resolved: 2025-12-16 15:30 UTC")
    assert found.duration is None


@pytest.mark.parametrize(
    ("written", "at"),
    [
        ("2026-03-04 09:00:30 UTC", datetime(2026, 3, 4, 9, 0, 30, tzinfo=UTC)),
        ("2026-03-04T09:00Z", datetime(2026, 3, 4, 9, tzinfo=UTC)),
        ("2026-03-04T09:00:00.123Z", datetime(2026, 3, 4, 9, tzinfo=UTC)),
        ('"2026-03-04 09:00 +05:30"', datetime(2026, 3, 4, 3, 30, tzinfo=UTC)),
        ("2026-03-04 09:00 UTC-3", datetime(2026, 3, 4, 12, tzinfo=UTC)),
        ("2026-03-04 09:00 Asia/Tokyo", datetime(2026, 3, 4, 0, tzinfo=UTC)),
    ],
)
def test_a_time_is_read_as_people_write_it(written, at):
    found = with_front_matter(f"started: {written}")
    assert found.started == at
    assert found.facts.problems == ()


@pytest.mark.parametrize(
    "line",
    [
        *("started: yesterday", "started: 14:00", "started: 2025-12-16", "started: [1]"),
        *("started: 2025-12-16 14:00 Mars/Base", "started: 2025-12-16 25:00", "started: true"),
        *("started: 0001-01-01 00:00 UTC", "started: 9999-12-31T23:59:59-14:00"),
        *("zone: Atlantis", "zone: ../../etc/passwd", "severity: awful", "status: gone"),
        *("date: someday", "audience: friends", "audience: [public]", "clients: []"),
        *("clients: {a: b}", "affected: {a: b}", "updates: none", "updates: [x]"),
        *("updates: [{text: a}]", "updates: [{at: 2026-03-04 09:00 UTC, status: odd}]"),
        "updates: [{at: 2026-03-04 09:00 UTC, audience: nobody}]",
    ],
)
def test_a_bad_value_is_a_problem_and_no_crash(line):
    found = problems(line)
    assert len(found) == 1
    assert found[0].startswith(line.partition(":")[0])


@pytest.mark.parametrize("line", ["audience: friends", "clients: []", "clients: {a: b}"])
def test_a_report_is_for_staff_where_its_readers_can_not_be_read(line):
    found = with_front_matter(line)
    assert found.audience is Audience.INTERNAL
    assert not found.is_for(ACME)


def test_an_update_whose_readers_can_not_be_read_is_left_out():
    found = with_front_matter("updates: [{at: 2026-03-04 09:00 UTC, text: x, audience: nobody}]")
    assert ReportView(found, STAFF).updates == []


def test_a_report_that_does_not_say_is_for_staff():
    found = report("# Outage")
    assert found.audience is Audience.INTERNAL
    assert not found.facts.audience_is_given
    assert found.doubts == ()


def test_naming_clients_is_not_saying_that_it_is_for_clients():
    found = with_front_matter("clients: [acme]")
    assert found.audience is Audience.INTERNAL
    assert not found.facts.audience_is_given
    [doubt] = found.doubts
    assert (
        doubt.message == "clients: the report names clients but does not say “audience: clients”."
    )
    assert doubt in found.facts.problems


@pytest.mark.parametrize(
    ("lines", "readers"),
    [
        (["audience: public"], {"public", "clients", "clients:acme", "clients:beta", "internal"}),
        (["audience: clients"], {"clients", "clients:acme", "clients:beta", "internal"}),
        (["audience: internal"], {"internal"}),
        ([], {"internal"}),
        (["clients: [acme]"], {"internal"}),
        (["audience: clients", "clients: [acme]"], {"clients:acme", "internal"}),
        (["audience: clients", "clients: ACME, gamma"], {"clients:acme", "internal"}),
        (["audience: internal", "clients: [acme]"], {"internal"}),
    ],
)
def test_who_may_read_a_report(lines, readers):
    found = with_front_matter(*lines)
    everybody = (PUBLIC, CLIENTS, ACME, BETA, STAFF)
    assert {reader.key for reader in everybody if found.is_for(reader)} == readers
    assert {reader.key for reader in everybody if can_view(found, reader)} == readers


def can_view(found, reader):
    try:
        return bool(ReportView(found, reader).body)
    except NotFound:
        return False


def test_who_reads_only_what_names_them_reads_no_public_report_either():
    named = Reader(Audience.CLIENTS, "acme", named_only=True)
    assert not with_front_matter("audience: public").is_for(named)
    assert not with_front_matter("audience: clients").is_for(named)
    assert with_front_matter("audience: public", "clients: [acme]").is_for(named)
    assert with_front_matter("audience: clients", "clients: [acme]").is_for(named)


def test_updates_are_for_their_own_readers():
    found = report(WHOLE)
    texts = {r.key: [u.text for u in ReportView(found, r).updates] for r in (BETA, ACME, STAFF)}
    assert texts["clients:beta"] == ["We know why."]
    assert texts["clients:acme"] == ["We know why.", "Acme's own words."]
    assert len(texts["internal"]) == 3
    assert found.updates == ReportView(found, BETA).updates


def test_without_front_matter_the_text_says_it():
    found = report(
        "# Mail was late (3 May 2026)\n\n**Severity:** Major (all)\n**Status:** Fixed\n"
        "**Duration:** 45 minutes\n**Prepared by:** *Ana*\n"
    )
    assert found.title == "Mail was late (3 May 2026)"
    assert found.day == date(2026, 5, 3)
    assert (found.severity, found.status, found.status_text) == ("major", "resolved", "Fixed")
    assert (found.duration, found.duration_text) == (timedelta(minutes=45), "45 min")
    assert found.prepared_by == "Ana"


@pytest.mark.parametrize(
    ("line", "status", "is_over"),
    [
        ("All systems operational", "resolved", True),
        ("Still investigating, not resolved", "investigating", False),
        ("Monitoring a fix", "monitoring", False),
        ("The cause is identified", "identified", False),
        ("Nobody knows", None, False),
    ],
)
def test_the_status_is_understood_where_it_is_none_of_ours(line, status, is_over):
    found = report(f"# Outage\n\n**Status:** {line}\n")
    assert (found.status, found.status_text, found.is_over) == (status, line, is_over)


@pytest.mark.parametrize("text", ["about an hour", "1-2 hours", "Approximately 1 hour", "60"])
def test_a_length_that_is_not_exact_is_shown_as_written(text):
    found = report(f"# Outage\n\n**Duration:** {text}\n")
    assert (found.duration, found.duration_text) == (None, text)


def test_nothing_is_recognised_where_only_some_readers_may_look():
    found = report(
        "---\naudience: clients\n---\n/// internal\n# The secret"
        "\n\n**Date:** 2026-01-01\n**Status:** Secret\n"
        "**Duration:** 3 hours\n**Severity:** Critical\n**Prepared by:** Secret\n\n"
        "| Time | Event |\n|---|---|\n| 10:00 | Secret |\n///\n\n# Outage\n\nText.\n"
    )
    assert found.title == "Outage"
    told = (found.day, found.status, found.status_text, found.severity, found.prepared_by)
    assert told == (None, None, "", None, "")
    assert found.duration_text == ""
    assert ReportView(found, CLIENTS).timeline == []
    assert [moment.text for moment in ReportView(found, STAFF).timeline] == ["Secret"]


def test_a_title_is_one_line_of_a_certain_length():
    assert report("---\ntitle: 'a\n\n  b'\n---\n").title == "a b"
    assert len(report(f"# {'x' * 4000}\n").title) <= 300
    assert report("---\ntitle: [a]\n---\n").title == "['a']"
    assert report("", "some-outage").title == "Some outage"


def test_offsets_are_kept_as_they_are():
    found = with_front_matter("zone: '+02:00'", "started: 2026-03-04 09:00")
    assert found.started == datetime(2026, 3, 4, 9, tzinfo=timezone(timedelta(hours=2)))
