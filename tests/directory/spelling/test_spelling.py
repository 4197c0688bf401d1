"""Typing errors are corrected, and nothing else is; on both engines the same."""

from collections.abc import Iterator
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, MetaData, create_engine

from portal.directory.spelling import Speller, Vocabulary, WordTables
from portal.directory.spelling.keys import keys_of, keys_to_look_for
from portal.directory.spelling.ranking import cost, errors
from tests.directory.queries.demo_listing import demo_words
from tests.directory.spelling.typing import with_one_error
from tests.support.alembic import engine_for
from tests.support.postgres import running_server

WORDS = st.text(alphabet="abcdeou", min_size=4, max_size=10)
# Right, and in no studio's text.
FOREIGN = """
abacus accordion aeroplane almond antelope apricot asphalt badminton ballet bamboo banjo basalt
basket bassoon beetroot biscuit blanket blizzard broccoli buffalo cabbage camel canoe caravan
carrot cathedral cello cherry chimney cinnamon clarinet coconut compass crocodile cucumber dolphin
dragon eagle elephant emerald falcon feather giraffe glacier greece grammar harpsichord hurricane
jaguar jungle kangaroo kettledrum lemon leopard lettuce mango mandolin mustard oboe octopus onion
orchid oyster panther parsley peacock penguin pepper piccolo pineapple planet python quartz rhubarb
saddle saffron salmon sapphire saxophone scooter squirrel submarine tambourine thunder tiger tomato
tractor trombone trumpet tulip turquoise ukulele umbrella vanilla viola violin volcano walrus zebra
"""


@pytest.fixture(scope="module")
def on_sqlite() -> Iterator[Connection]:
    with create_engine("sqlite://").connect() as connection:
        yield connection


@pytest.fixture(scope="module")
def on_postgresql() -> Iterator[Connection]:
    with running_server().database() as url:
        engine = engine_for(url)
        with engine.connect() as connection:
            yield connection
        engine.dispose()


@pytest.fixture(scope="module")
def speller(on_sqlite: Connection) -> Speller:
    return _speller(on_sqlite)


def _speller(connection: Connection) -> Speller:
    metadata = MetaData()
    vocabulary = Vocabulary(WordTables.of(metadata), connection)
    metadata.create_all(connection)
    vocabulary.write(demo_words())
    return Speller(vocabulary)


def corrected(speller: Speller, search: str) -> str:
    found = speller.corrected(search)
    return found.text if found else search


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("sydny", "sydney"),
        ("recrod", "record"),
        ("nuemann", "neumann"),
        ("eumann", "neumann"),
        ("neumman", "neumann"),
        ("audiobok", "audiobooks"),
        ("Nuemann U87", "neumann U87"),
        ("sorceconnect", "sourceconnect"),
        ("soruce-connect", "source-connect"),
        ("sennhiesers", "sennheiser"),
        ("audobooks", "audiobooks"),
        ("vioceover", "voiceover"),
        ("beyerdynaimcs", "beyerdynamic"),
        ("manchster podcast", "manchester podcast"),
        ("podcaststudio", "podcast studio"),
    ],
)
def test_an_error_is_corrected(speller: Speller, typed: str, meant: str):
    assert corrected(speller, typed) == meant


@pytest.mark.parametrize(
    "search",
    [
        "neumann",
        "NEUMANN",
        "podcasts",
        "podcast",
        "source connect",
        "sourceconnect",
        "micro phone",
        "voice-over",
        "elearning",
        "neum",
        "booth neuma",
        "U78",
        "tlm104",
        "2001",
        "vos",
        "rdo",
        "greece",
        "the",
        "",
        "%",
        "\0",
        "日本語のスタジオ",
        "x" * 200,
    ],
)
def test_what_may_not_be_corrected_is_left(speller: Speller, search: str):
    assert speller.corrected(search) is None


def test_it_is_said_what_was_changed_and_what_else_was_meant(speller: Speller):
    found = speller.corrected("Quiet nuemann")
    assert found is not None
    assert (found.typed, found.text) == ("Quiet nuemann", "Quiet neumann")
    assert [(each.typed, each.offered[0]) for each in found.changes] == [("nuemann", "neumann")]


def test_one_error_is_found_among_three(speller: Speller):
    """Of words with five letters and more, 500 of the demo's."""
    rng, words = Random(11), [word for word, _ in demo_words() if len(word) > 4]
    known, tried, missed = dict(demo_words()), 0, []
    while tried < 500:
        word = rng.choice(words)
        typed = with_one_error(rng, word)
        if typed not in known and len(typed) > 3:
            tried += 1
            if word not in speller.offered(typed):
                missed.append((typed, word))
    assert len(missed) <= 10, missed


def test_words_of_other_fields_are_seldom_taken_for_the_directorys(speller: Speller):
    known = dict(demo_words())
    tried = [word for word in FOREIGN.split() if word not in known]
    wrong = [
        (word, new) for word in tried if (new := corrected(speller, f"{word} x")) != f"{word} x"
    ]
    assert len(tried) > 90
    assert len(wrong) <= 6, wrong


def test_more_studios_decide_between_two_that_are_as_near(on_sqlite: Connection):
    speller = _speller(on_sqlite)
    speller.vocabulary.write([("baker", 2), ("maker", 9), ("taker", 5), ("bakes", 1)])
    assert speller.offered("vaker")[0] == "baker"  # the key beside
    assert speller.offered("qaker") == ("maker", "taker", "baker")
    speller.vocabulary.write(demo_words())


def test_postgresql_offers_the_same(speller: Speller, on_postgresql: Connection):
    other, rng = _speller(on_postgresql), Random(5)
    words = [word for word, _ in demo_words() if len(word) > 3]
    typed = [with_one_error(rng, rng.choice(words)) for _ in range(150)]
    typed += ["", "%", "_", "'", "zürcih", "x" * 300, "soruce-connect"]
    assert [speller.offered(each) for each in typed] == [other.offered(each) for each in typed]
    assert [speller.corrected(each) for each in typed] == [other.corrected(each) for each in typed]


@given(WORDS, st.randoms(use_true_random=False))
def test_one_error_always_leaves_a_key(word: str, rng: Random):
    typed = with_one_error(rng, word)
    if len(typed) > 3:
        assert keys_of(word) & keys_to_look_for(typed)


@given(WORDS, WORDS)
def test_a_price_is_the_number_of_errors_or_a_little_beside(typed: str, word: str):
    price = cost(typed, word)
    assert price is None or errors(typed, word) - 1 <= price <= errors(typed, word) + 0.5
    assert cost(word, word) is None
