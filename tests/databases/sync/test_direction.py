"""Which way, and between what: nothing begins where a database isn't what it should be."""

import pytest

from tests.databases.conftest import Room
from tests.databases.stage import content
from tests.support.databases import change_by_hand, copy_file

WAYS = {
    "reversed": "PRODUCTION_DATABASE_URL leads to the development database",
    "both production": "lead to the same database",
    "both development": "lead to the same database",
    "production missing": "There is no database at",
    "a copy of production as development": "is a copy of production",
}


def addresses(way: str, room: Room) -> dict[str, str]:
    production, development = map(room.url, (room.production_file, room.development_file))
    if way == "reversed":
        production, development = development, production
    if way == "both production":
        development = production
    if way == "both development":
        production = development
    if way == "production missing":
        production = room.url(room.production_file.with_name("mistyped.sqlite3"))
    if way == "a copy of production as development":
        copy = copy_file(room.production_file, room.production_file.with_name("copy.sqlite3"))
        development = room.url(copy)
    return {"PRODUCTION_DATABASE_URL": production, "DEVELOPMENT_DATABASE_URL": development}


@pytest.mark.parametrize("way", WAYS)
def test_with_misaligned_urls_nothing_is_read_or_written(room, audited, way):
    files = (room.production, room.development)
    before = [content(each) for each in files]

    ended = room.run("flask", "databases", "sync", **addresses(way, room))

    assert ended.code == 1
    assert WAYS[way] in ended.said
    assert [content(each) for each in files] == before
    assert ("sync.started", "refused", "development") in audited()
    assert not list((room.production_file.parent / "backups").glob("*.sqlite3"))


def test_the_command_says_what_it_did_and_where_the_way_back_is(room, production_unchanged):
    ended = room.run("flask", "databases", "sync")

    assert ended.code == 0, ended.err
    assert "rows of 8 tables" in ended.out
    assert "Copy production, which is only read" in ended.out
    assert room.run("flask", "databases", "check").code == 0


def test_a_production_that_is_ahead_of_this_release_waits(room):
    change_by_hand(room.production_file, "UPDATE alembic_version SET version_num = 'f00d'")
    before = content(room.development)

    ended = room.run("flask", "databases", "sync")

    assert ended.code == 1
    assert "at revision f00d, which this release does not know" in ended.said
    assert content(room.development) == before
