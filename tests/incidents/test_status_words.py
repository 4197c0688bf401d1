"""Whether a sentence about an incident says that it is over: in doubt it does not."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.incidents.parsing.status_words import status_in
from portal.incidents.parsing.vocabulary import Severity, Status, severity_in
from tests.incidents.test_report import report, with_front_matter
from tests.support.trials import examples

OVER = [
    *("resolved", "restored", "fixed", "closed", "completed", "operational", "solved", "done"),
    *("post-mortem", "back online", "back to normal", "fully operational", "completely restored"),
]
BEFORE = [
    *("not", "not yet", "no longer", "never", "isn't", "isn’t fully", "cannot be considered", "un"),
    *("hasn't been", "nothing", "none", "hardly", "far from", "without being", "failed to be"),
    *("partially", "mostly", "nearly", "almost", "half", "in part", "some users", "90%", "9 of 10"),
    *("to be", "will be", "should be", "must be", "may be", "might be", "expected to be", "being"),
    *("would be", "hopefully", "soon", "tomorrow", "if", "once", "until", "unless", "pending"),
    *("awaiting", "planned:", "ETA:", "temporarily", "reportedly", "we think it is", "is it"),
    *("nicht", "noch nicht", "pas encore", "no está", "niet", "ikke", "не", "未", "❌", "⚠️", "⏳"),
    *("[ ]", "~~fixed~~ not", "No issues", "half-", "non-", "0 %", "complete outage,", "still not"),
]
AFTER = [
    *("?", " in part", " for some users", ", except for search", " tomorrow", " soon", ": no"),
    *(": false", ", partially", " by Friday", " in staging", " to 90%", " (not yet)", ", not"),
    *(" but slow", "; pending", " – hopefully", ". Not really", ", teilweise", " if deployed"),
    *(" in read-only mode", " with errors", ", search is still down", " to be confirmed", "，尚未"),
]
FRAMES = [
    "{}",
    "Site {}",
    "The service is {}",
    "**{}**",
    "✅ {}",
    "{}!",
    "Search: {}",
    "{}, verified",
]


@pytest.mark.parametrize(
    "text",
    [
        *(
            "Resolved",
            "RESOLVED!",
            "Closed",
            "Complete",
            "Post-mortem",
            "No issues",
            "100% restored",
        ),
        *("✅ Site fully operational, additional safeguards in place", "Service restored"),
        *("No ongoing issues, fully operational", "No ongoing issues", "All systems operational"),
        *("Site fully restored and operational", "Resolved at 15:30 UTC", "Back to normal"),
        *(
            "Resolved (December 16, 2025)",
            "Resolved on 7 May 2026 at 14.30",
            "Resolved, 45 minutes",
        ),
        *("Resolved - no data was lost", "Resolved without data loss", "Resolved by rollback"),
        *("~~Investigating~~ Resolved", "[x] Resolved", "This incident has been resolved."),
    ],
)
def test_an_end_that_is_stated_is_one(text):
    assert status_in(text) is Status.RESOLVED


@pytest.mark.parametrize(
    "text",
    [
        *("Nobody knows", "Unresolved", "degraded", "~~Resolved~~", "<del>Resolved</del>", "Done?"),
        *("Operational issues", "Complete outage", "Site closed", "No impact", "Fix deployed", ""),
        *("Cause not identified", "Resolved by Friday", "resоlved", "n/a", "-", "3 restored"),
        *("Resolved " + "and verified " * 40, "in\u00adoperational", "unfixed"),
    ],
)
def test_what_says_no_end_is_none(text):
    assert status_in(text) is not Status.RESOLVED


@settings(max_examples=examples(400), deadline=None)
@given(
    over=st.sampled_from(OVER),
    doubt=st.one_of(
        st.tuples(st.sampled_from(BEFORE), st.just("")),
        st.tuples(st.just(""), st.sampled_from(AFTER)),
        st.tuples(st.sampled_from(BEFORE), st.sampled_from(AFTER)),
    ),
    frame=st.sampled_from(FRAMES),
    upper=st.booleans(),
)
def test_no_negation_part_future_or_doubt_is_an_end(over, doubt, frame, upper):
    before, after = doubt
    glue = "" if before.endswith("-") or before == "un" or not before else " "
    text = frame.format(f"{before}{glue}{over}{after}")
    assert status_in(text.upper() if upper else text) is not Status.RESOLVED, text


@pytest.mark.parametrize(
    ("text", "status"),
    [
        *(
            ("Ongoing", "investigating"),
            ("In progress", "investigating"),
            ("Open", "investigating"),
        ),
        *(("Mitigated by a workaround", "monitoring"), ("Resolved, monitoring", "monitoring")),
        *(("Root cause identified, not fixed", "identified"), ("closed", "resolved")),
        *(("No ongoing issues", "resolved"), ("Operational", "resolved"), ("Fixed.", "resolved")),
    ],
)
def test_the_same_words_mean_the_same_in_front_matter_and_in_text(text, status):
    in_meta, in_text = with_front_matter(f"status: {text}"), report(f"# O\n\n**Status:** {text}\n")
    assert in_meta.status == in_text.status == status
    assert in_meta.status_line == in_text.status_line
    update = f"updates: [{{at: 2026-03-04 09:00 UTC, status: '{text}', text: a}}]"
    assert with_front_matter(update).facts.updates[0].status == status


@pytest.mark.parametrize(
    ("text", "severity"),
    [
        *(("high", "major"), ("SEV 2", "major"), ("sev2", "major"), ("SEV-2", "major")),
        *(("P1", "critical"), ("Critical (all users)", "critical"), ("Sev: 0", "critical")),
        *(
            ("🔴 Critical", "critical"),
            ("Severity 3", "minor"),
            ("Low", "minor"),
            ("p 1", "critical"),
        ),
        *(("medium", None), ("not critical", None), ("SEV-22", None), ("Critical?", None)),
        *(("critically low", None), ("none", None), ("2", None)),
    ],
)
def test_severities_too(text, severity):
    assert severity_in(text) == severity
    in_text = report(f"# O\n\n**Severity:** {text}\n")
    in_meta = with_front_matter(f"severity: '{text}'")
    assert in_meta.severity == in_text.severity == severity
    assert len(in_meta.facts.problems) == (severity is None)
    assert in_text.severity_text


@settings(max_examples=examples(150), deadline=None)
@given(st.text(max_size=600))
def test_any_text_is_read_without_a_fault(text):
    assert status_in(text) in {None, *Status}
    assert severity_in(text) in {None, *Severity}
