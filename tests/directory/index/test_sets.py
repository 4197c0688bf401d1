"""Sets of studios in rows, whatever is put in and taken out; squares of a circle."""

from collections import Counter
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyroaring import BitMap
from sqlalchemy import Engine, create_engine, select

from portal.directory.geography import Point
from portal.directory.index.circles import Circle
from portal.directory.index.documents import cells_of, on_ball
from portal.directory.index.sets import comparing, rows, waiting
from portal.directory.index.sets.fetching import Wanted, fetch
from portal.directory.index.sets.rows import Changes
from portal.directory.index.sets.tokens import begun_token, begun_tokens, word_of
from portal.directory.index.tables import derived_search_sets

NUMBERS = st.sets(st.integers(0, 12 * rows.CONTAINER), max_size=3) | st.sets(
    st.integers(0, 12 * rows.CONTAINER), max_size=30
)
STEPS = st.lists(st.tuples(st.booleans(), st.sampled_from("ab"), NUMBERS), max_size=12)


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    made = create_engine("sqlite://")
    derived_search_sets.create(made)
    yield made
    made.dispose()


@given(STEPS, st.sampled_from([0, 20, 1000]), st.sampled_from([0, 3, 100]))
def test_what_was_put_in_and_not_taken_out_is_there(engine: Engine, steps, large, most):
    """In rows that are split after a few bytes: none is empty, and each says how many it has;
    whatever waits to be written."""
    should = {"a": set(), "b": set()}
    with engine.connect() as connection, pytest.MonkeyPatch.context() as patched:
        patched.setattr(rows, "MOST_BYTES", 60)
        patched.setattr(rows, "LARGE", large)
        patched.setattr(rows, "most_waiting", lambda _token: most)
        for is_put, token, numbers in steps:
            if not numbers:
                continue
            changes = Changes({token: BitMap(numbers)})
            changes.put_in(connection) if is_put else changes.take_out(connection)
            should[token] = should[token] | numbers if is_put else should[token] - numbers
        members = Counter({token: len(ids) for token, ids in should.items()})
        assert comparing.differing_totals(connection, members) == 0
        held = Changes({token: BitMap(ids) for token, ids in should.items() if ids})
        assert comparing.differing_rows(connection, held) == 0
        found = fetch(connection, Wanted(tokens={"a", "b"})).sets
        assert {token: set(ids) for token, ids in found.items()} == should
        for row in connection.execute(select(derived_search_sets)):
            assert len(BitMap.deserialize(row.ids)) == row.studios
            assert row.studios or (row.token, row.first) in {("+a", 0), ("+b", 0)}
        connection.rollback()


def test_a_change_of_a_studio_rewrites_no_large_row(engine: Engine):
    """It waits in a small row, and is written with some others; squares never wait."""
    table = derived_search_sets.c
    with engine.connect() as connection:
        many = BitMap(range(0, 40_000, 2))
        Changes({"voice": many, "h=0000000001": many}).put_in(connection)
        large = select(table.ids).where(table.token == "voice")
        stood, written = connection.scalar(large), 0
        for at in range(200):
            Changes({"voice": BitMap([2 * at + 1])}).put_in(connection)
            Changes({"voice": BitMap([2 * at])}).take_out(connection)
            written += connection.scalar(large) != stood
            stood = connection.scalar(large)
            should = many - BitMap(range(0, 2 * at + 1, 2)) | BitMap(range(1, 2 * at + 2, 2))
            assert fetch(connection, Wanted(tokens={"voice"})).sets["voice"] == should
        assert 1 <= written <= 400 // waiting.LEAST
        tokens = set(connection.scalars(select(table.token)))
        assert tokens == {"voice", "+voice", "h=0000000001"}
        rows.forget_sets(connection, ["voice"])
        assert set(connection.scalars(select(table.token))) == {"h=0000000001"}
        connection.rollback()


def test_what_is_kept_of_the_sets_is_of_their_version(engine: Engine):
    """Others of the same process are not shown what was read before a change, nor of a table that
    was made anew."""
    wanted = Wanted(tokens={"", "t=home", "voice"})
    with engine.connect() as connection:
        for ids in ({1}, {1, 2}, {70_000}):
            Changes({each: BitMap(ids) for each in wanted.tokens}).put_in(connection)
            rows.stamp(connection)
            should = fetch(connection, Wanted(tokens={"voice"})).sets["voice"]
            for _ in range(2):
                assert fetch(connection, wanted).sets == dict.fromkeys(wanted.tokens, should)
        connection.execute(derived_search_sets.delete())
        assert set(map(len, fetch(connection, wanted).sets.values())) == {0}
        connection.rollback()


@given(st.text("ab_=*0", max_size=6), st.text("ab_", min_size=2, max_size=4))
def test_a_short_beginning_has_the_words_that_begin_so(word, start):
    for kind in ("", "n="):
        begun = begun_token(f"{kind}{start}")
        if begun and word and word_of(f"{kind}{word}") == word:
            assert (begun in begun_tokens(f"{kind}{word}")) == word.startswith(start)
    assert begun_token("reco") is None


POINTS = st.builds(Point, st.floats(-90, 90), st.floats(-180, 180))


@given(POINTS, st.floats(0.5, 2000), POINTS, st.floats(0, 1), st.booleans())
def test_a_point_of_a_circle_is_in_one_square_of_it(centre, km, there, share, from_middle):
    """And as near as the square says; a point of a square that counts as inside is in the circle.
    Half of the points are close to the middle."""
    close = Point(
        max(-90.0, min(90.0, centre.latitude + there.latitude / 90 * share * km / 111)),
        max(-180.0, min(180.0, centre.longitude + there.longitude / 180 * share * km / 111)),
    )
    circle = Circle(centre, km)
    ranges = circle.ranges(from_middle=from_middle)
    for point in (there, close):
        chord = sum((a - b) ** 2 for a, b in zip(on_ball(centre), on_ball(point), strict=True))
        asked = [
            token for token in cells_of(point) if any(low <= token <= high for low, high in ranges)
        ]
        assert len(asked) <= 1
        if chord <= circle.chord:
            assert asked
        for token, (nearest, farthest) in zip(asked, circle.spans(asked), strict=True):
            assert nearest - 1e-7 <= chord**0.5 <= farthest + 1e-7
            assert chord <= circle.chord or not circle.is_inside(token)
