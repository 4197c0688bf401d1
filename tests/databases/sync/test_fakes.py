"""Fakes: the same for the same, never one of the source's own words, and nobody's."""

import re

import argon2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.databases.sync.fakes import KINDS, NO_PASSWORD, Fakes, fakes_key
from portal.databases.sync.source_values import SHORTEST, words_of
from tests.support.trials import examples

SAMPLES = {
    "name": "Ana Silva",
    "email": "ana.silva@example.org",
    "username": "ana-silva",
    "phone": "+44 117 496 0123",
    "address": "14 Hollybush Terrace, Bristol, BS1 4ST",
    "place": "Bristol, UK",
    "latitude": 51.4545,
    "longitude": -2.5879,
    "url": "https://silva.example/about",
    "text": "Hello, I am Ana.\n\n- a microphone",
    "password": "$argon2id$v=19$...",
    "image": "/images/0123456789abcdef.webp",
}


def fakes(key: bytes = b"k" * 32, taken=lambda _word: False) -> Fakes:
    return Fakes(key, taken, ("/images/a.webp", "/images/b.webp"))


SHARED = fakes()


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_each_kind_is_another_value_and_stays_the_same(kind):
    value = SAMPLES[kind]
    made = fakes().fake(kind, value)

    assert made == fakes().fake(kind, value), "at every sync"
    assert type(made) is type(value)
    assert made != value
    assert not set(re.findall(r"[a-z]{4,}", str(made).lower())) & {
        "silva", "bristol", "hollybush", "hello", "microphone", "example"
    }  # fmt: skip
    if kind not in {"password", "image"}:
        assert made != fakes(b"other" * 6).fake(kind, value), "another control room, another fake"
    for nothing in (None, ""):
        assert fakes().fake(kind, nothing) == nothing


def test_a_person_is_recognised_in_every_column():
    made = fakes()
    first, last = made.fake("name", "Ana Silva").split()

    assert made.fake("name", "SILVA") == last
    assert made.fake("name", "Silva Voice Studio").startswith(f"{last} ")
    assert made.fake("email", "Ana.Silva@Example.org").startswith(f"{first}.{last}.".lower())
    assert made.fake("email", "Ana.Silva@Example.org") == made.fake(
        "email", " ana.silva@example.ORG"
    )
    assert made.fake("phone", "+44 117 496 0123") == made.fake("phone", "(0117) 4960123")
    assert made.fake("address", "1 High St, Bristol").endswith(f", {made.fake('place', 'bristol')}")


def test_what_is_unique_stays_unique():
    made = fakes()
    for kind in ("email", "username", "url"):
        upper, lower = (
            made.fake(kind, each, is_unique=True) for each in ("Ana@x.org", "ana@x.org")
        )
        assert upper != lower
    many = {made.fake("username", f"ana-{number}") for number in range(3000)}
    assert len(many) == 3000
    assert max(map(len, many)) <= 60


def test_a_word_that_somebody_bears_is_never_made():
    first = fakes().word("silva")
    second = fakes(taken=lambda word: word == first.lower()).word("silva")
    assert second != first
    assert fakes(taken=lambda word: word in {first.lower(), second.lower()}).word("silva") not in {
        first,
        second,
    }


def test_no_fake_can_be_called_written_to_or_logged_in():
    made = fakes()
    assert re.fullmatch(r"\+999 \d{3} \d{4} \d{4}", made.fake("phone", "0117 496 0123"))
    assert made.fake("email", "ana@example.org").endswith("@people.invalid")
    assert re.match(r"https://[a-z]+\.invalid/", made.fake("url", "https://silva.example"))
    with pytest.raises(argon2.exceptions.VerifyMismatchError):
        argon2.PasswordHasher().verify(NO_PASSWORD, "x")


def test_a_text_keeps_its_shape_and_no_word():
    text = "Ring me, or write.\n\nMon to Fri\n" + "x" * 400
    made = fakes().fake("text", text)
    assert [bool(line) for line in made.split("\n")] == [True, False, True, True]
    assert len(made) <= len(text)


def test_the_key_is_made_from_the_control_rooms_own():
    assert fakes_key(b"a") == fakes_key(b"a") != fakes_key(b"b")
    assert len(fakes_key(b"a")) == 32


@settings(max_examples=examples(150), deadline=None, derandomize=True)
@given(text=st.text(st.characters(exclude_categories=[]), min_size=1, max_size=60))
def test_whatever_people_write_no_word_of_it_is_left(text):
    theirs = {word for word in words_of(text) if len(word) >= SHORTEST}
    for kind in set(KINDS) - {"latitude", "longitude", "password", "image"}:
        made = SHARED.fake(kind, text)
        assert isinstance(made, str)
        assert not theirs & set(words_of(made)), kind
        assert "\0" not in made
        made.encode()
