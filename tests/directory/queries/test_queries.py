"""The set of searches that the directory is judged by, on both engines."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, MetaData, create_engine
from werkzeug.datastructures import MultiDict

from portal.directory.search import find as search
from portal.directory.search.find import find_studios
from portal.directory.search.search_query import read_wish
from portal.directory.spelling import Speller, Vocabulary, WordTables
from tests.directory.queries.conftest import ENGINES, site_on
from tests.directory.queries.demo_listing import demo_words
from tests.directory.queries.reference import found
from tests.directory.queries.rows import fill_directory

SET = tomllib.loads(Path(__file__).with_name("queries.toml").read_text(encoding="utf-8"))
ADDRESS = ("q", "near", "country", "radius")
FIRST, EVERY = 3, 1000
Asked = dict[str, Any]


def named(asked: Asked) -> str:
    return " | ".join(asked[part] for part in ADDRESS if part in asked)


def answer(asked: Asked) -> list[str]:
    """The first three; every one where a studio must not be among them."""
    values = MultiDict((part, asked[part]) for part in ADDRESS if part in asked)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(search, "PAGE", EVERY if "never" in asked else FIRST)
        return [card.name for card in find_studios(read_wish(values.getlist)).page.items]


def test_the_set_is_large_enough():
    assert len(SET["find"]) >= 60
    assert len(SET["absent"]) >= 30
    everything = [named(asked) for kind in SET.values() for asked in kind]
    assert len(set(everything)) == len(everything)


def answers(engine: str, folder: Path) -> dict[str, list[str]]:
    with site_on(engine, folder):
        fill_directory()
        assert find_studios(read_wish(MultiDict().getlist)).is_from_index
        return {named(each): answer(each) for kind in SET.values() for each in kind}


@pytest.mark.timeout(600)
def test_the_demo_answers_as_expected_on_both_engines_and_alike(tmp_path: Path):
    found = {engine: answers(engine, tmp_path) for engine in ENGINES}
    for engine, told in found.items():
        missed = {
            named(each) for each in SET["find"] if each["expect"] not in told[named(each)][:FIRST]
        }
        wrong = {named(each) for each in SET["absent"] if each["never"] in told[named(each)]}
        assert (engine, missed, wrong) == (engine, set(), set())
    alike = [each for each in SET["find"] + SET["absent"] if is_alike(found, named(each))]
    assert len(alike) >= 0.95 * (len(SET["find"]) + len(SET["absent"]))


def is_alike(found: dict[str, dict[str, list[str]]], search: str) -> bool:
    first, other = (found[engine][search][:FIRST] for engine in ENGINES)
    return first == other


@pytest.fixture(scope="module")
def connection() -> Iterator[Connection]:
    with create_engine("sqlite://").connect() as connection:
        yield connection


def test_words_and_spelling_allow_every_answer(connection: Connection):
    """Of searches without a place. The order is the index's own; cities of several words and
    countries are known to it alone."""
    metadata = MetaData()
    vocabulary = Vocabulary(WordTables.of(metadata), connection)
    metadata.create_all(connection)
    vocabulary.write(demo_words())
    speller = Speller(vocabulary)
    asked = {kind: [each for each in SET[kind] if is_of_words(each)] for kind in SET}
    missed = [e["q"] for e in asked["find"] if e["expect"] not in found(e["q"], speller)]
    wrong = [e["q"] for e in asked["absent"] if e["never"] in found(e["q"], speller)]
    assert (missed, wrong) == ([], [])


def is_of_words(asked: Asked) -> bool:
    is_placed = {"near", "country"} & set(asked) or asked["why"] == "a country"
    return not is_placed and "nyc" not in asked["q"]
