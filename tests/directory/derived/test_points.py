"""Where studios are, in an index by their number: what reads it, and a directory without it."""

from collections.abc import Iterable
from typing import Any

import pytest
from alembic import command
from flask import Flask
from sqlalchemy import inspect

from portal.core.storage.database import db
from portal.core.storage.sqlite import SchemaAccess
from portal.databases.engines import engine_for
from portal.databases.targets.config import Target
from portal.databases.targets.registry import note_state
from portal.directory.index import circles
from portal.directory.index.tables import derived_search
from portal.directory.revisions import WITH_OWNERS
from portal.directory.search.location import FIRST_POINTS, MOST_POINTS
from tests.directory.derived.conftest import expand
from tests.directory.derived.test_common_words import plan, results, shown, watching
from tests.directory.pages.studios import make_studio

AROUND = ({}, {"page": "2"}, {"after": "last"}, {"q": "voice"}, {"type": "home"})
TEXAS, FRANCE = (33.7, -95.6), (48.9, 2.3)


def indexes(target: Target) -> dict[str, list[str | None]]:
    with engine_for(target.url).reading() as connection:
        found = inspect(connection).get_indexes(derived_search.name)
    return {str(each["name"]): each["column_names"] for each in found}


def go_back(target: Target) -> None:
    engine = engine_for(target.url)
    with engine.changing(SchemaAccess.UPGRADE) as connection:
        config = target.history.config()
        config.attributes.update(connection=connection)
        command.downgrade(config, WITH_OWNERS)
        digest, objects = engine.schema_digest(connection), engine.schema_objects(connection)
    note_state(target.name, revision=WITH_OWNERS, schema_digest=digest, schema_objects=objects)
    db.session.commit()


def test_a_directory_without_the_index_answers_the_same(
    kept: Target, app: Flask, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(circles, "ROWS", 3)  # some are at the edge
    asked = [{"near": "London", "radius": "83", **each} for each in AROUND]
    answers = [shown(results(**each)) for each in asked]
    made = {each.name: list(each.columns.keys()) for each in derived_search.indexes}
    assert indexes(kept) == made
    db.session.rollback()
    go_back(kept)
    assert indexes(kept) == {n: of for n, of in made.items() if n != "ix_derived_search_points"}
    assert [shown(results(**each)) for each in asked] == answers
    db.session.rollback()
    expand(kept)
    assert indexes(kept) == made


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_a_circle_reads_no_row_of_a_studio_beside_the_index(
    kept: Target, app: Flask, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(circles, "ROWS", 3)
    for n in range(30):
        make_studio(f"Oak {n}", at=(51.5 + n / 50, -0.1))
    told: list[tuple[str, Any]] = []
    with watching(told):
        for each in AROUND:
            results(near="London", radius="84", **each)
    with engine_for(kept.url).reading() as connection:
        read = {
            (" AS chord" in statement, line)
            for statement, values in told
            if "s.studio_id = i.id" in statement and "ORDER BY s.rank" not in statement
            for line in plan(connection, statement, values)
            if line.startswith("SEARCH s USING") and "studio_id" in line
        }
    index = "SEARCH s USING COVERING INDEX ix_derived_search_points (studio_id=?)"
    assert read == {(True, index), (False, index)}


def test_a_city_is_the_likeliest_one_with_studios_whichever_are_read_first(
    kept: Target, app: Flask
):
    """Of a name that many have, few points are read where they decide."""
    for n in range(9):
        make_studio(f"Elm {n}", at=TEXAS, city="Paris", is_verified=True)
    assert circle_of("Paris") == TEXAS
    make_studio("Ash", at=FRANCE, city="Paris")
    told: list[tuple[str, Any]] = []
    with watching(told):
        assert circle_of("Paris") == FRANCE
    assert points_read(told) == [FIRST_POINTS, MOST_POINTS]
    make_studio("Fir", city="London")
    del told[:]
    with watching(told):
        circle_of("London")
    assert points_read(told) == [FIRST_POINTS]


def points_read(told: list[tuple[str, Any]]) -> list[int]:
    """At most, in each statement about studios of a city."""
    asked = [values for statement, values in told if "ORDER BY s.city LIMIT" in statement]
    return [max(n for n in given(values) if isinstance(n, int)) for values in asked]


def given(values: Any) -> Iterable[object]:
    return values.values() if isinstance(values, dict) else values


def circle_of(near: str) -> tuple[float, float]:
    point = results(near=near).where.point
    assert point
    return round(point.latitude, 1), round(point.longitude, 1)
