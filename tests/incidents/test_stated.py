"""What the text of a report states in plain lines and tables, and what counts for its end."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.core.errors import Invalid
from portal.documents.document import parse_document
from portal.incidents.lint.run import lint_report
from portal.incidents.report import parse_report
from tests.incidents.test_report import report, with_front_matter
from tests.incidents.test_timeline_reading import told
from tests.support.corpora import need_corpora
from tests.support.trials import examples

FACTS = {"Date": "2026-03-01", "Status": "Fixed", "Severity": "SEV 2", "Duration": "45 minutes"}
TABLE = "| Field | Value |\n|---|---|\n" + "".join(f"| **{k}** | {v} |\n" for k, v in FACTS.items())


def read(found):
    return found.day, found.status, found.severity, found.duration_text


@pytest.mark.parametrize(
    "head",
    [
        "\n".join(f"{name}: {value}" for name, value in FACTS.items()),
        "\n".join(f"- {name}: {value}" for name, value in FACTS.items()),
        "\n".join(f"* **{name}**: {value}\\" for name, value in FACTS.items()),
        "\n".join(f"__{name}:__ {value}  " for name, value in FACTS.items()),
        "\n".join(f"{name.upper()}: {value}" for name, value in FACTS.items()) + "\n---",
        TABLE,
        TABLE.replace("Field", "").replace("Value", ""),
        "| Date | 2026-03-01 |\n|---|---|\n" + "\n".join(TABLE.split("\n")[3:]),
        "## Summary\n\n" + TABLE,
    ],
)
def test_plain_facts_are_read_in_the_head(head):
    found = report(f"# Outage\n\n{head}\n\n## Story\n\nText.\n")
    assert read(found) == (date(2026, 3, 1), "resolved", "major", "45 min")


@pytest.mark.parametrize(
    "text",
    [
        "```\nStatus: Resolved\n**Status:** Resolved\n```",
        "    Status: Resolved",
        "> Status: Resolved\n> **Status:** Resolved",
        "<!--\nStatus: Resolved\n**Status:** Resolved\n-->",
        "## One\n\nText.\n\n## Vendor\n\nStatus: Resolved",
        "\n\n".join(["Text."] * 30) + "\n\nStatus: Resolved",
        "Their status: resolved",
        "| Service | Status |\n|---|---|\n| Mail | Resolved |",
    ],
)
def test_what_somebody_else_says_is_not_read(text):
    found = report(f"# Outage\n\n{text}\n")
    assert (found.status, found.status_text, found.is_over) == (None, "", False)


def test_what_only_staff_may_see_says_nothing_to_clients():
    text = "---\naudience: clients\n---\n# O\n\n/// internal\nStatus: Resolved\n///\n\nText.\n"
    assert report(text).status_line == ""


@pytest.mark.parametrize(
    ("lines", "status", "words"),
    [
        (["**Status:** Resolved", "**Status:** Investigating"], "investigating", "Investigating"),
        (["**Status:** Resolved", "**Status:** Not yet"], None, "Not yet"),
        (["**Status:** Closed", "**Current Status:** Degraded"], "resolved", "Closed"),
        (["**Current Status:** Degraded"], None, "Degraded"),
        (["**Status:** ~~Resolved~~ Reopened"], "investigating", "Resolved Reopened"),
    ],
)
def test_of_two_statements_the_one_that_is_not_over_counts(lines, status, words):
    found = report("# O\n\n" + "\n".join(lines))
    assert (found.status, found.status_text) == (status, words)


def test_a_statement_of_the_head_counts_before_those_of_the_story():
    story = "\n\n## 09:00\n\n**Status:** Investigating\n\n## 10:00\n\n**Status:** Monitoring\n"
    assert report(f"# O\n\n**Status:** Resolved{story}").is_over
    assert not report(f"# O\n{story}").is_over


def test_words_of_front_matter_that_are_not_understood_hide_no_text():
    found = report("---\nstatus: gone fishing\n---\n# O\n\n**Status:** Resolved\n")
    assert (found.status, found.status_text, found.is_over) == (None, "gone fishing", False)


@pytest.mark.parametrize(
    ("lines", "is_over"),
    [
        ([], False),
        (["resolved: 2026-03-04 10:00 UTC"], True),
        (["resolved: 2026-03-04 10:00"], True),
        (["end_time: 2026-03-04T10:00:00Z"], True),
        (["resolved: 2199-01-01 10:00 UTC"], False),
        (["resolved: 2026-03-04 10:00 UTC", "status: monitoring"], False),
        (["status: [resolved]"], False),
        (["status: true"], False),
        (["severity: notice", "section: issue", "informational: true"], True),
        (["severity: notice", "section: issue"], False),
        (["updates: [{at: 2026-03-04 09:00 UTC, status: fixed, text: a}]"], True),
    ],
)
def test_silence_is_no_end_and_a_past_end_is_one(lines, is_over):
    assert with_front_matter(*lines).is_over is is_over


@pytest.mark.parametrize("key", ["start_time", "start", "start-time"])
def test_other_peoples_keys_for_start_and_end(key):
    end = key.replace("start", "end")
    found = with_front_matter(f"{key}: 2026-03-08 10:00 UTC", f"{end}: 2026-03-08T10:45:00Z")
    assert found.started == datetime(2026, 3, 8, 10, tzinfo=UTC)
    assert (found.duration, found.day) == (timedelta(minutes=45), date(2026, 3, 8))
    twice = with_front_matter(f"{key}: 2026-03-08 10:00 UTC", "started: 2026-03-08 09:00 UTC")
    assert twice.started == datetime(2026, 3, 8, 9, tzinfo=UTC)
    assert [each.place for each in twice.facts.problems] == [(key,)]


@pytest.mark.parametrize(
    ("value", "lacks"),
    [
        ("'14:30'", "“14:30” has no day and no zone; write it like 2025-12-16 14:30 UTC."),
        ("'9:05 pm'", "“9:05 pm” has no day and no zone; write it like 2025-12-16 9:05 UTC."),
        ("'14:30 UTC'", "“14:30 UTC” has no day; write it like 2025-12-16 14:30 UTC."),
        ("2026-03-29 02:30 Europe/Berlin", "Clocks in Europe/Berlin showed 2026-03-29 02:30 never"),
        ("2026-10-25 02:30 Europe/Berlin", "Clocks in Europe/Berlin showed 2026-10-25 02:30 twice"),
        ("2026-07-01 12:00 CET", "2026-07-01 12:00 was no CET: clocks showed CEST that day."),
        ("2026-07-01 12:00 PST", "“PST” is no time zone such as UTC, +01:00 or Europe/London. Sev"),
        ("2026-07-01 12:00 EST", "“EST” is no time zone"),
    ],
)
def test_a_time_that_is_not_certain_is_named_and_left_out(value, lacks):
    found = with_front_matter(f"started: {value}")
    assert found.facts.times == {}
    assert found.facts.problems[0].message.startswith(f"started: {lacks}")


def test_a_length_across_the_change_of_clocks_is_the_true_one():
    found = with_front_matter(
        "zone: Europe/Berlin", "started: 2026-03-29 01:30", "resolved: 2026-03-29 03:30"
    )
    assert found.duration == timedelta(hours=1)


def test_european_abbreviations_are_offsets_in_their_season():
    found = with_front_matter("started: 2026-03-04 10:00 CET", "resolved: 2026-07-04 10:00 EEST")
    assert found.started == datetime(2026, 3, 4, 9, tzinfo=UTC)
    assert found.resolved == datetime(2026, 7, 4, 7, tzinfo=UTC)


def case(name):
    path = need_corpora() / "cases" / "reports" / f"{name}.md"
    source = path.read_text()
    found = parse_report(parse_document(source, name))
    return found, [str(each) for each in lint_report(found, source, roots=[])]


@pytest.mark.parametrize(
    "name", ["not-operational", "not-yet-fixed", "partially-restored", "will-be-restored"]
)
def test_cases_that_are_not_over(name):
    found, lint = case(f"status-{name}")
    assert (found.status, found.is_over) == (None, False)
    assert found.status_line == found.status_text
    assert [line for line in lint if f"line 4: Status: “{found.status_text}”" in line]


def test_cases_that_were_read_wrongly():
    over, _ = case("status-no-ongoing-issues")
    assert over.is_over
    dated, lint = case("dated-timeline")
    assert dated.day == date(2026, 3, 7)
    assert [moment.at for moment in told(dated)] == [
        datetime(2026, 3, 7, 9, 12, tzinfo=UTC),
        datetime(2026, 3, 7, 9, 40, tzinfo=UTC),
    ]
    assert len(lint) == 1
    ended, _ = case("start-end")
    assert (ended.severity, ended.status, ended.duration_text) == ("major", "resolved", "45 min")
    assert (ended.started, ended.resolved) == (
        datetime(2026, 3, 8, 10, tzinfo=UTC),
        datetime(2026, 3, 8, 10, 45, tzinfo=UTC),
    )


PIECES = st.sampled_from(
    [
        *(
            "**Status:** ",
            "Status: ",
            "# Timeline\n",
            "| Time | Event |\n|---|---|\n",
            "| ",
            " |\n",
        ),
        *("- **14:02** ", "All times in ", "UTC", "PST", "2026-03-07", "99/99/9999 25:61", "\n\n"),
        *("~~", "Severity: ", "Date: ", "> ", "```\n", "9999-12-31 23:59", "0000-00-00", "T+5min"),
    ]
)


@settings(max_examples=examples(150), deadline=None)
@given(st.lists(st.one_of(PIECES, st.text(max_size=30)), max_size=25).map("".join))
def test_any_text_is_read_and_linted_without_a_fault(text):
    for source in (text, f"---\nstatus: x\n---\n{text}"):
        try:
            document = parse_document(source, "any")
        except Invalid:
            continue
        found = parse_report(document)
        lint_report(found, source, roots=[])
        assert told(found) is not None
        assert found.is_over in {True, False}
