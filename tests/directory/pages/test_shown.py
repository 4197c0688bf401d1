"""The small rules of what is shown, one by one."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from portal.directory.folding import fold, one_line
from portal.directory.formats import capitalize_first, distance, stars, telephone
from portal.directory.presentation import Rating
from portal.directory.visibility import is_web_address, lines_of, number_in, slug_of


@pytest.mark.parametrize(
    ("km", "unit", "shown"),
    [
        (0, "km", "under 1 km"),
        (0.99, "km", "under 1 km"),
        (1.25, "km", "1.2 km"),
        (14.4, "km", "14 km"),
        (1.2, "mi", "under 1 mi"),
        (16.09344, "mi", "10 mi"),
        (2345.6, "km", "2,346 km"),
    ],
)
def test_distances(km: float, unit: str, shown: str):
    assert distance(km, unit) == shown


def test_a_rating_is_read_aloud_as_a_sentence():
    assert stars(Rating(4.66, 3)) == "4.7 of 5 from 3 reviews"
    assert stars(Rating(5, 1)) == "5.0 of 5 from 1 review"


def test_names_keep_their_own_capitals():
    assert capitalize_first("voice-over coach") == "Voice-over coach"
    assert capitalize_first("ISDN") == "ISDN"
    assert capitalize_first("") == ""


@pytest.mark.parametrize(
    ("typed", "dialled"),
    [("+44 (0)7700 900123", "+4407700900123"), ("0117 496 0000", "01174960000"), ("call me", "")],
)
def test_a_telephone_dials_digits(typed: str, dialled: str):
    assert telephone(typed) == dialled


def test_lists_lose_their_bullets_and_empty_lines():
    assert lines_of("• Neumann\r\n\n - Rode \n*\nTie-line") == ("Neumann", "Rode", "Tie-line")
    assert lines_of(None) == ()


@pytest.mark.parametrize("good", ["https://a.example", "HTTP://a.example/x?y#z"])
def test_web_addresses(good: str):
    assert is_web_address(good)


@given(st.text(max_size=80), st.integers(1, 10**8))
def test_every_slug_leads_back_to_its_number(name: str, number: int):
    slug = slug_of(name, number)
    assert number_in(slug) == number
    assert slug.isascii()
    assert slug == slug.lower()
    assert not set(slug) & set("/?#%. ")


@given(st.text())
def test_one_line_is_one_printable_line(text: str):
    line = one_line(text)
    assert line == " ".join(line.split())
    assert one_line(line) == line
    assert not any(ord(c) < 32 or "\u202a" <= c <= "\u202e" for c in line)


@given(st.text())
@example("ℌ")
@example("ẞ")
def test_folding_twice_changes_nothing_more(text: str):
    """Else a word that the database folded would not equal the one the visitor typed."""
    assert fold(fold(text)) == fold(text)


@given(st.text(), st.text())
def test_a_part_of_a_text_is_a_part_of_the_folded_text(before: str, part: str):
    if before.isascii() and part.isascii():
        assert fold(part) in fold(before + part)
