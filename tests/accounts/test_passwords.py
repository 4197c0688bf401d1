"""What a password may be: long, of any characters, and not one that everybody tries."""

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Semaphore
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.accounts.login import passwords
from portal.accounts.login.common_passwords import COMMON, WHOLE, is_common
from portal.accounts.login.passwords import (
    check_new_password,
    fits,
    generate_password,
    hash_password,
)
from portal.core.errors import Invalid
from tests.support.trials import examples


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
def test_15_any_characters_are_accepted_and_fit_afterwards(password):
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
def test_15_common_ones_are_refused(password):
    with pytest.raises(Invalid, match="first that anybody would try"):
        check_new_password(password)


@pytest.mark.parametrize(
    "password",
    [
        "omar.said@example.com",
        "OMAR.SAID",
        "0m4r.S41d!",
        "omarsaid2026",
        "Omar2026!",
        "Fernside1",
        "StudioDirectory",
        "3xample!",
    ],
)
def test_what_others_know_of_oneself_is_refused(password):
    own = ["omar.said@example.com", "Omar Fernside", "Studio Directory"]
    with pytest.raises(Invalid, match="first that anybody would try"):
        check_new_password(password, own=own)
    check_new_password("Omar sings at the studio", own=own)


def entries() -> list[str]:
    lines = COMMON.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if not line.startswith("#")]


PASSWORDS = [line for line in entries() if len(line) >= WHOLE]
SWAPS = {"o": "0", "l": "1", "i": "1!", "e": "3", "a": "4@", "s": "5$", "t": "7"}


def test_the_list_holds_more_than_the_3000_that_are_asked_for_and_says_nothing_twice():
    assert len(entries()) == len(set(entries()))
    assert len(PASSWORDS) > 3000 * 3


def test_none_of_the_list_passes_in_whatever_case():
    passed = [each for each in PASSWORDS if not (is_common(each) and is_common(each.upper()))]
    assert passed == []


@settings(max_examples=examples(300), deadline=None)
@given(st.data())
def test_15_none_of_the_list_passes_with_simple_substitutions(data):
    """Look-alikes for any letters, capitals anywhere, digits and signs before and behind."""
    word = data.draw(st.sampled_from(PASSWORDS))
    typed = [
        data.draw(st.sampled_from([letter, letter.upper(), *SWAPS.get(letter, "")]))
        for letter in word
    ]
    added = st.text("0123456789!?.-_ #*", max_size=6)
    password = data.draw(added) + "".join(typed) + data.draw(added)
    assert is_common(password), password


@pytest.mark.parametrize(
    "password", ["dragon12", "12!monkey", "Summer2026!", "11111111", "drag0n" * 5]
)
def test_short_words_with_a_few_digits_and_what_is_typed_again_and_again(password):
    assert is_common(password)


@pytest.mark.parametrize(
    "password",
    [
        "the password is a kettle",
        "four blue doors",
        "monday-kettle-rain",
        "correct horse battery",
        "my dragon eats 12 pears",
    ],
)
def test_sentences_of_several_words_stay_accepted(password):
    check_new_password(password, own=["omar@example.com", "Omar", "Studio Directory"])


def test_a_long_one_is_judged_in_no_time(costly_hashes):
    begun = process_time()
    for password in ("1" * 1000, "1!" * 500, "a1" * 500, "!" * 999 + "a", "password" * 125):
        is_common(password)
    assert process_time() - begun < 2


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


def test_no_more_are_worked_on_at_once_than_there_are_cores_for_their_lanes(monkeypatch):
    """Each takes 64 MB and as many threads as it has lanes: a crowd waits for its turn."""
    at_once, most = Semaphore(2), []
    monkeypatch.setattr(passwords, "_turns", at_once)

    class Watched:
        working = 0

        def verify(self, _hash: str, _password: bytes) -> bool:
            Watched.working += 1
            most.append(Watched.working)
            time.sleep(0.02)
            Watched.working -= 1
            return True

    known = passwords.hash_password("right")
    passwords._nobody()
    monkeypatch.setattr(passwords, "_hasher", Watched())
    with ThreadPoolExecutor(6) as crowd:
        answers = list(crowd.map(lambda known: fits("right", known), [known, None] * 6))
    assert answers == [True, False] * 6
    assert max(most) == 2
