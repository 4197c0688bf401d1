"""One normal form: whatever way a word is written, it finds what is written in another way."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.directory.words import index_terms, normal, query_terms, vocabulary_words
from portal.directory.words.language import FILE, language, language_of
from portal.directory.words.plurals import singular
from portal.directory.words.synonyms import synonyms, synonyms_of
from tests.directory.queries.reference import is_met

LETTERS = st.text(alphabet="abcdefghijklmnopqrstuvwxyz", min_size=2, max_size=8)
NUMBERS = st.integers(0, 99_999).map(str)


def finds(query: str, text: str, *, prose: bool = False) -> bool:
    return is_met(query_terms(query), index_terms(text, prose=prose))


SAME = [
    ["voice-over", "voice over", "voiceover", "Voiceovers", "VO", "v/o", "Voice‑Over"],
    ["Source-Connect", "source connect", "sourceconnect", "SOURCE CONNECT"],
    ["U87", "U 87", "u-87", "u87"],
    ["TLM 103", "tlm103", "TLM-103"],
    ["C414 XLII", "c 414 xlii", "C-414 XLII", "c414xlii"],
    ["AT4047", "AT 4047", "at-4047"],
    ["Scarlett 2i2", "scarlett 2 i 2"],
    ["Zürich", "zurich", "ZÜRICH", "zu\u0308rich"],
    ["Zürich", "Zuerich"],
    ["Sørensen", "Soerensen"],
    ["Sørensen", "sorensen"],
    ["Łódź", "lodz"],
    ["Straße", "strasse", "STRASSE"],
    ["booths", "booth", "Booth"],
    ["movies", "movie"],
    ["cities", "city"],
    ["boxes", "box"],
    ["ADR", "automated dialogue replacement", "A.D.R."],
    ["mic", "microphones", "microphone", "mics"],
    ["Pro Tools", "protools", "pro-tools"],
    ["e-learning", "elearning", "E Learning"],
    ["pick-up", "pickup", "pick up", "pickups"],
    ["Stoke-on-Trent", "stoke on trent"],
    ["theatre", "Theater"],
    ["Ben's room", "bens room", "Ben’s Rooms"],
    ["Teams", "MS Teams", "microsoft teams"],
    ["O'Brien", "obrien", "O’Brien"],
    ["voice-over artist", "voiceover artist", "voice actor", "VO artist"],
]


@pytest.mark.parametrize("ways", SAME, ids=lambda ways: ways[0])
def test_each_way_of_writing_finds_each_other(ways: list[str]):
    missed = [(ask, text) for ask in ways for text in ways if not finds(ask, text)]
    assert missed == []


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("teams", "We are a small team."),
        ("news", "A new room"),
        ("u87", "U 47, TLM 103"),
        ("u87", "Studio 87 in a u-shaped yard"),
        ("NT1", "Rode NT10"),
        ("OC18", "OC818"),
        ("2001", "since 2000"),
        ("greece", "a greener room"),
        ("vo", "Vocal booth, volt"),
        ("mic", "Microtech Gefell"),
        ("voice over", "My voice. Over the years"),
        ("podcasts", "podcaster"),
        ("bus", "busy street"),
        ("source connect", "We connect to the source"),
    ],
)
def test_what_only_looks_alike_is_not_found(query: str, text: str):
    # A word that follows is begun no longer; only the last one may be.
    assert not finds(f"{query}, london", f"{text}\nLondon")


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("neum", "Neumann"),
        ("podcast stu", "podcast studio"),
        ("companie", "software companies"),
        ("looping", "ADR"),
        ("remote session", "Source-Connect"),
        ("a studio with a U87 in London", "Neumann U87 Ai, London"),
        ("soundbooth", "The Sound Booth"),
        ("voiceover", "the voice-over coach of a voice over artist"),
    ],
)
def test_more_that_is_found(query: str, text: str):
    assert finds(query, text)


def test_a_word_that_finds_others_is_not_found_by_them():
    assert not finds("ADR, london", "looping in London")


def test_words_of_a_sentence_are_not_joined_in_prose():
    assert "themellow" not in index_terms("In the mellow room", prose=True)
    assert "mellowroom" not in index_terms("In the mellow room", prose=True)
    assert "mellowroom" in index_terms("The Mellow Room")


def test_words_that_say_nothing_are_asked_for_only_alone():
    assert [part.typed for part in query_terms("the room of the fox").parts] == ["room", "fox"]
    assert [part.typed for part in query_terms("the").parts] == ["the"]
    assert [part.is_required for part in query_terms("podcast studio").parts] == [True, False]
    assert [part.is_required for part in query_terms("studios").parts] == [True]


def test_a_search_has_a_limit():
    assert len(query_terms("word " * 5000).parts) == 8
    assert query_terms(" - ").parts == ()


def test_a_vocabulary_has_no_numbers_and_no_parts_of_models():
    words = ["neumann", "ai", "source", "sourceconnect", "connect", "since"]
    assert vocabulary_words("Neumann U87 Ai, Source-Connect since 2004") == words


@given(st.text(max_size=60))
def test_a_normal_form_stays_as_it_is(text: str):
    assert normal(normal(text)) == normal(text)


@given(st.text(max_size=20))
def test_a_singular_is_its_own(word: str):
    assert singular(singular(word)) == singular(word)


@given(st.text(max_size=60), st.booleans())
def test_every_term_is_one_word(text: str, prose: bool):
    assert [term for term in index_terms(text, prose=prose) if not term.isalnum()] == []


@given(st.text(max_size=40))
def test_a_text_is_found_by_itself(text: str):
    assert finds(text, text)


@given(LETTERS, NUMBERS, st.sampled_from(["", " ", "-"]), st.sampled_from(["", " ", "-"]))
def test_letters_and_digits_meet(letters: str, number: str, here: str, there: str):
    if letters in language().empty or len(letters) > 5:
        return
    assert finds(f"{letters}{here}{number}", f"a {letters}{there}{number} b", prose=True)


@given(LETTERS, LETTERS, st.sampled_from(["", " ", "-"]), st.sampled_from(["", " ", "-"]))
def test_two_words_and_one_meet(first: str, second: str, here: str, there: str):
    if {first, second} & language().empty:
        return
    assert finds(f"{first}{here}{second}", f"{first}{there}{second}")


def test_the_file_of_synonyms_is_whole():
    told = synonyms()
    assert max(told.longest.values()) >= 3
    for group in language().same:
        assert len({told.meanings[phrase].term for phrase in told.meanings}) > 20
        assert all(finds(ask, text) for ask in group for text in group), group
    assert not language().generic & language().empty
    words = language()
    assert [w for w in words.not_plurals if singular(w) != w] == []


@pytest.mark.parametrize(
    "change",
    [
        {"same": [["one", "two"], ["Two", "three"]]},
        {"sames": []},
        {"words": {"not_plurals": ["Two words"], "irregular": {}, "empty": [], "generic": []}},
    ],
)
def test_a_wrong_file_of_synonyms_is_refused(change: dict[str, object]):
    told = tomllib.loads(FILE.read_text(encoding="utf-8"))
    with pytest.raises(ValueError, match=r"synonyms\.toml"):
        synonyms_of(language_of(told | change))
