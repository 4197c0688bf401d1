"""What a password may be: long, of any characters, and not one that everybody tries."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.accounts.passwords import (
    COMMON,
    check_new_password,
    fits,
    generate_password,
    hash_password,
)
from portal.core.errors import Invalid


@pytest.mark.parametrize(
    "password",
    [
        "8 chars!",
        "x7" * 32,
        "many words in a row " * 8,
        "пароль и ещё немного",
        "密碼密碼密碼密碼",
        "🎙️🎧🎚️🎛️📻🔊🎤🎵",
        "  spaces at both ends  ",
        "tab\tand\nline",
        "nul\x00inside it",
        "'; DROP TABLE accounts; --",
    ],
)
def test_any_characters_are_accepted_and_fit_afterwards(password):
    check_new_password(password)
    assert fits(password, hash_password(password))
    assert not fits(password + " ", hash_password(password))


def test_a_hash_is_costly_and_never_the_same(costly_hashes):
    """RFC 9106's second choice: 64 MiB, three passes."""
    one, other = hash_password("any words will do"), hash_password("any words will do")
    assert one.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert one != other
    assert fits("any words will do", one)


def test_the_first_and_the_last_character_count():
    password = "y" * 200
    assert not fits(password[:-1], hash_password(password))


@pytest.mark.parametrize("password", ["", "7 chars", "1234567"])
def test_seven_characters_are_too_few(password):
    with pytest.raises(Invalid, match="at least 8 characters"):
        check_new_password(password)


def test_there_is_an_end_to_length():
    with pytest.raises(Invalid, match="at most 1000"):
        check_new_password("x" * 1001)


@pytest.mark.parametrize(
    "password",
    [
        "password",
        "PassWord1",
        "12345678",
        "qwertyuiop",
        "iloveyou",
        "ｐａｓｓｗｏｒｄ",
        "talkback1",
    ],
)
def test_common_ones_are_refused(password):
    with pytest.raises(Invalid, match="first that anybody would try"):
        check_new_password(password)


@pytest.mark.parametrize("password", ["omar.said@example.com", "OMAR.SAID"])
def test_one_s_own_address_is_refused(password):
    with pytest.raises(Invalid, match="first that anybody would try"):
        check_new_password(password, email="omar.said@example.com")


def test_the_list_is_some_hundreds_long_and_says_nothing_twice():
    lines = [line for line in COMMON.read_text().splitlines() if not line.startswith("#")]
    assert len(lines) == len(set(lines)) > 500
    assert all(len(line) >= 8 for line in lines)


def test_the_same_password_from_another_keyboard_fits():
    assert fits("cafe\u0301 au lait", hash_password("caf\u00e9 au lait"))


def test_nothing_fits_where_there_is_no_account():
    assert not fits("", None)
    assert not fits("the kettle sings at dawn", None)
    assert not fits("anything at all", "not a hash")


def test_generated_ones_differ_and_pass_the_rules():
    made = {generate_password() for _ in range(50)}
    assert len(made) == 50
    for password in made:
        check_new_password(password)


@settings(max_examples=10, deadline=None)
@given(st.text(alphabet=st.characters(exclude_categories=()), min_size=8, max_size=70))
def test_no_text_breaks_it(password):
    assert fits(password, hash_password(password))
