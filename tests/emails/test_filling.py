"""What is filled in reads as it was typed, in HTML, in plain text and in the subject."""

from datetime import UTC, date, datetime
from types import SimpleNamespace

import pytest

from portal.accounts.models import Account, Contact, Organisation, Role
from portal.core.errors import Invalid
from portal.documents.rendering.render import render
from portal.emails.drafting.placeholder_values import (
    fill_body,
    fill_subject,
    in_markdown,
    values_for,
)
from portal.emails.drafting.placeholders import placeholders_in
from portal.emails.plain import text_of
from tests.support.corpora import hostile_strings

TYPED = [
    "# not a heading",
    "1. not a list",
    "10) nor this",
    "- nor this",
    "> no quote",
    "===",
    "/// internal",
    "a | b",
    "*stars* and _lines_ and ~~tildes~~",
    "[x]",
    "[Client Name]",
    "[a](https://example.com)",
    "{{ 7*7 }} {% raw %}",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "&lt; &amp;",
    "`code` and \\*",
    "mail@example.com www.example.com http://example.com and more",
    "O’Neil & Søn",
]


@pytest.mark.parametrize("value", TYPED)
@pytest.mark.parametrize("around", ["[V]", "Hi [V], there", "- [V]", "## [V]"])
def test_a_value_reads_as_it_was_typed(value, around):
    filled = fill_body(around, {"v": value})
    html = str(render(filled).html)
    assert value in text_of(html)
    assert "<a " not in html
    assert "<script" not in html
    assert placeholders_in(filled) == []


def test_an_address_alone_becomes_a_link():
    html = str(render(in_markdown("https://example.com/a_b_c-~d?e=1&f=*2*")).html)
    assert 'href="https://example.com/a_b_c-~d?e=1&amp;f=*2*"' in html


def test_lines_of_a_value_stay_lines_and_open_no_block():
    html = str(render(fill_body("Then: [V]", {"v": "one\r\n\r\n    two\n- three"})).html)
    assert text_of(html) == "Then: one\n\ntwo\n- three\n"
    assert "<pre" not in html
    assert "<li" not in html


def test_what_has_no_value_stays_and_is_found():
    assert fill_body("Hi [Client Name], [Duration]", {"client name": "Cleo"}) == (
        "Hi Cleo, [Duration]"
    )


def test_a_subject_is_plain_text_on_one_line():
    assert fill_subject("News for [Client Name]", {"client name": "A & *B*"}) == "News for A & *B*"
    for value in ("a\nBcc: all@example.com", "a\r\nb", "a\x0bb", "a\u2028b"):
        with pytest.raises(Invalid, match="one line"):
            fill_subject("News for [Client Name]", {"client name": value})


@pytest.mark.parametrize("name", ["Organization", "Company"])
def test_other_names_for_the_same_thing_are_known(name):
    assert fill_body(f"[{name}]", {"organisation": "Acme"}) == "Acme"


def contact(zone: str = "Pacific/Auckland") -> Contact:
    return Contact(
        name="Cleo Marsh",
        salutation="Cleo",
        email="cleo@example.com",
        time_zone=zone,
        organisation=Organisation(slug="harbour", name="Harbour Voices"),
    )


def incident(**changed):
    facts = {
        "title": "The outage",
        "day": date(2025, 12, 16),
        "started": datetime(2025, 12, 16, 14, 0, tzinfo=UTC),
        "resolved": None,
        "affected": ["site", "search"],
        "summary": "It was down.",
        "duration_text": "1 h",
        "status": "resolved",
        "severity": "critical",
    }
    return SimpleNamespace(**{**facts, **changed})


ANA = Account(name="Ana", email="ana@example.com", role=Role.ADMIN)


def test_days_and_times_are_those_of_the_contact_s_zone():
    values = values_for(contact(), incident(), sender=ANA, site_name="Studios")
    assert values["incident date"] == "17 December 2025"
    assert values["incident start"] == "17 December 2025, 03:00 (NZDT)"
    at_home = values_for(contact("UTC"), incident(), sender=ANA, site_name="Studios")
    assert at_home["incident start"] == "16 December 2025, 14:00 (UTC)"


def test_client_incident_and_sender_fill_their_placeholders():
    values = values_for(contact(), incident(), sender=ANA, site_name="Studios")
    text = "[Client Name] [Organisation] [Affected] [Sender Name] [Your Name] [Site Name] [Status]"
    assert fill_body(text, values) == ("Cleo Harbour Voices site, search Ana Ana Studios resolved")


def test_what_is_not_recorded_is_not_filled_in():
    values = values_for(contact(), incident(duration_text=None), sender=ANA, site_name="S")
    assert "incident end" not in values
    assert fill_body("[Duration]", values) == "[Duration]"


def test_no_hostile_value_becomes_markup():
    bad = [value for value in hostile_strings() if len(value) < 2_000]
    for at in range(0, len(bad), 40):
        values = {f"v{n}": value for n, value in enumerate(bad[at : at + 40])}
        html = str(render(fill_body("\n\n".join(f"Hi [V{n}]." for n in range(40)), values)).html)
        tags = set(__import__("re").findall(r"<([a-z][a-z0-9]*)", html))
        assert tags <= {"p", "br", "a"}, tags
