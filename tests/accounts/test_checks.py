"""What people type about people: one rule for each, wherever it comes in."""

import pytest

from portal.accounts.checks import email_address, one_line, slug_of_client, time_zone
from portal.core.errors import Invalid


def test_an_address_is_kept_in_small_letters():
    assert email_address(" Ana@Example.COM ") == "ana@example.com"


@pytest.mark.parametrize(
    "typed",
    ["", "ana", "ana@", "@example.com", "a@b@c.example", "ana@exa mple.com", "ana@example.com\nx"],
)
def test_what_is_no_address(typed):
    with pytest.raises(Invalid, match="is not an email address"):
        email_address(typed)


def test_a_line_is_kept_without_the_space_around_it():
    assert one_line("  Ana María O’Hara-Łuk ", "The name", field="name") == "Ana María O’Hara-Łuk"


@pytest.mark.parametrize("end", ["\n", "\r", "\t", "\x00", "\x0b", "\x85", "\u2028", "\u2029"])
def test_a_line_has_no_break_in_it(end):
    with pytest.raises(Invalid, match="The name is one line"):
        one_line(f"Ana{end}Bcc: all@example.com", "The name", field="name")


@pytest.mark.parametrize(("typed", "words"), [(" ", "is missing"), ("x" * 101, "at most 100")])
def test_a_line_is_neither_empty_nor_endless(typed, words):
    with pytest.raises(Invalid, match=f"The name .*{words}"):
        one_line(typed, "The name", field="name")


@pytest.mark.parametrize("typed", ["acme", "acme-2", "7", " acme "])
def test_a_short_name(typed):
    assert slug_of_client(typed) == typed.strip()


@pytest.mark.parametrize(
    "typed", ["", "Acme", "a_b", "a--b", "-a", "a-", "a/b", "..", "a b", "ä", "a\nb", "a" * 41]
)
def test_what_is_no_short_name(typed):
    with pytest.raises(Invalid, match="can’t be a short name"):
        slug_of_client(typed)


@pytest.mark.parametrize(
    ("typed", "zone"),
    [
        ("Europe/London", "Europe/London"),
        (" america/new york ", "America/New_York"),
        ("utc", "UTC"),
        ("US/Eastern", "US/Eastern"),
    ],
)
def test_a_time_zone_is_known_by_its_name(typed, zone):
    assert time_zone(typed) == zone


@pytest.mark.parametrize("typed", ["", "London", "GMT+25", "Mars/Base", "../etc/passwd", "\x00"])
def test_what_is_no_time_zone(typed):
    with pytest.raises(Invalid, match="is not a time zone"):
        time_zone(typed)
