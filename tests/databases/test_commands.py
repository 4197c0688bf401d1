"""`flask db` and plain `alembic` through the outermost door: production never moves."""

import pytest

from tests.support.commands import ALEMBIC_INI, start
from tests.support.databases import (
    HEAD,
    LEGACY,
    PENDING,
    change_by_hand,
    copy_file,
    dump,
    revision_of,
)

WRITING = {
    "upgrade": ["upgrade", "head"],
    "downgrade": ["downgrade", "base"],
    "stamp": ["stamp", "head"],
}
DOORS = {"flask": ["flask", "db"], "alembic": ["alembic", "-c", ALEMBIC_INI]}


@pytest.fixture(params=WRITING)
def command(request):
    return WRITING[request.param]


@pytest.fixture(params=DOORS)
def door(request):
    return DOORS[request.param]


def swapped(room):
    return {
        "DEVELOPMENT_DATABASE_URL": room.url(room.production_file),
        "PRODUCTION_DATABASE_URL": room.url(room.development_file),
    }


def equal_to_production(room):
    return {"DEVELOPMENT_DATABASE_URL": room.url(room.production_file)}


def equal_to_development(room):
    return {"PRODUCTION_DATABASE_URL": room.url(room.development_file)}


def in_the_place_of_development(room):
    """The only variable that leads to production says that it is development."""
    nowhere = room.url(room.production_file.with_name("nowhere.sqlite3"))
    production = room.url(room.production_file)
    return {"DEVELOPMENT_DATABASE_URL": production, "PRODUCTION_DATABASE_URL": nowhere}


def linked_to_production(room):
    link = room.production_file.with_name("link.sqlite3")
    link.symlink_to(room.production_file)
    return {"DEVELOPMENT_DATABASE_URL": room.url(link)}


def hard_linked_to_production(room):
    link = room.production_file.with_name("link.sqlite3")
    link.hardlink_to(room.production_file)
    return {"DEVELOPMENT_DATABASE_URL": room.url(link)}


def mistyped(room):
    wrong = room.url(room.production_file.with_name("prodution.sqlite3"))
    return {"DEVELOPMENT_DATABASE_URL": wrong, "PRODUCTION_DATABASE_URL": wrong}


def elsewhere(room):
    """Neither variable is set, and the default folder holds nothing."""
    return {
        "PORTAL_DATA": str(room.production_file.parent / "elsewhere"),
        "OPS_DATABASE_URL": room.url(room.production_file.with_name("ops.sqlite3")),
    }


def production_not_told(room):
    """A development machine's variables beside a production that is not where it was."""
    room.production_file.rename(room.production_file.with_name("kept.sqlite3"))
    return {
        "PRODUCTION_DATABASE_URL": "",
        "DEVELOPMENT_DATABASE_URL": room.url(room.production_file.with_name("kept.sqlite3")),
    }


def copy_at_development(room):
    room.development_file.unlink()
    copy_file(room.production_file, room.development_file)
    return {}


def copy_beside(room):
    copied = copy_file(room.production_file, room.production_file.with_name("copy.sqlite3"))
    return {"DEVELOPMENT_DATABASE_URL": room.url(copied)}


MISALIGNED = [
    swapped,
    equal_to_production,
    equal_to_development,
    in_the_place_of_development,
    linked_to_production,
    hard_linked_to_production,
    mistyped,
    elsewhere,
    production_not_told,
    copy_at_development,
    copy_beside,
]


@pytest.mark.parametrize(
    ("env", "door"),
    [("development", "flask"), ("production", "flask"), ("production", "alembic")],
    indirect=["door"],
)
@pytest.mark.parametrize("misalign", MISALIGNED)
def test_with_misaligned_urls_nothing_that_writes_runs(room, audited, misalign, env, door):
    changed = misalign(room)
    folder = room.production_file.parent
    files, before = sorted(folder.rglob("*.sqlite3")), contents(folder)

    for command in WRITING.values():
        ended = room.run(*door, *command, PORTAL_ENV=env, **changed)
        assert ended.code != 0
        assert ended.sentence

    assert sorted(folder.rglob("*.sqlite3")) == files
    assert contents(folder) == before
    assert audited() == [("migration.refused", "refused", env)] * len(WRITING)


def contents(folder):
    """Schema and rows of every directory database there; not of ops, where this is recorded."""
    return {
        file.name: dump(file) for file in folder.rglob("*.sqlite3") if file.name != "ops.sqlite3"
    }


def test_production_moves_with_no_command(room, production_unchanged, audited, command, door):
    ended = room.run(*door, *command, PORTAL_ENV="production")

    assert ended.code != 0
    assert "has no ticket" in ended.sentence
    assert "migrate-production" in ended.sentence
    assert audited() == [("migration.refused", "refused", "production")]


def test_a_fresh_process_refuses_as_well(room, production_unchanged):
    ended = start("flask", "db", "upgrade", env={**room.env, "PORTAL_ENV": "production"})

    assert ended.code == 1
    assert "has no ticket" in ended.sentence


def test_alembic_refuses_from_any_folder(room, production_unchanged, tmp_path):
    env = {**room.env, "PORTAL_ENV": "production"}
    ended = start("alembic", "-c", ALEMBIC_INI, "upgrade", "head", env=env, cwd=tmp_path)

    assert ended.code != 0
    assert "has no ticket" in ended.sentence


@pytest.mark.parametrize("env", ["development", "production"])
@pytest.mark.parametrize("command", [["upgrade", "head"], ["downgrade", "head:base"]])
def test_sql_is_not_written_without_a_database(room, production_unchanged, door, command, env):
    ended = room.run(*door, *command, "--sql", PORTAL_ENV=env)

    assert ended.code != 0
    assert "rehearsal" in ended.sentence


def test_alembic_makes_no_version_table_behind_the_guard(room):
    make_empty = [f"DROP TABLE {name}" for name in ("alembic_version", "portal_journal")]
    change_by_hand(room.production_file, *make_empty)
    before = dump(room.production_file)

    ended = room.run(*DOORS["alembic"], "ensure_version", PORTAL_ENV="production")

    assert ended.code != 0
    assert ended.sentence.endswith("Nothing was changed: not authorized.")
    assert dump(room.production_file) == before


@pytest.mark.parametrize("reading", [["current"], ["history", "-i"], ["show", "current"]])
def test_what_reads_works_on_production(room, production_unchanged, reading, door):
    ended = room.run(*door, *reading, PORTAL_ENV="production")

    assert ended.code == 0
    assert LEGACY in ended.out


def test_a_new_revision_is_not_generated_from_production(room, production_unchanged):
    ended = room.run("flask", "db", "migrate", "-m", "x", PORTAL_ENV="production")

    assert ended.code == 1
    assert "development database" in ended.sentence


def test_without_ops_nothing_writes_and_the_reason_is_shown(room, production_unchanged):
    nowhere = room.url(room.production_file.with_name("no-ops.sqlite3"))

    ended = room.run("flask", "db", "upgrade", OPS_DATABASE_URL=nowhere, PORTAL_ENV="production")

    assert ended.code == 1
    assert "the control room’s database should be there" in ended.sentence
    assert "Not recorded" in ended.sentence


def test_a_wrong_setting_ends_in_one_line(room):
    for door in DOORS.values():
        ended = room.run(*door, "current", PORTAL_ENV="staging")
        assert ended.code != 0
        assert "PORTAL_ENV" in ended.sentence


def test_development_goes_down_and_up_again(room, production_unchanged, audited, door):
    down = room.run(*door, "downgrade", LEGACY)
    assert (down.code, revision_of(room.development)) == (0, LEGACY)

    up = room.run(*door, "upgrade", f"+{len(PENDING)}")
    assert (up.code, revision_of(room.development)) == (0, HEAD)
    assert "Running upgrade 0001 -> 9c41d07be5a2" in up.err
    assert f"-> {HEAD}" in up.err

    assert (
        audited()
        == [
            ("migration.started", "intent", "development"),
            ("migration.finished", "done", "development"),
        ]
        * 2
    )


def test_development_is_checked_and_has_nothing_to_add(room):
    assert room.run("flask", "db", "check").code == 0
    assert "No changes in schema detected." in room.run("flask", "db", "migrate").said


def test_development_can_be_stamped(room):
    change_by_hand(room.development_file, "DELETE FROM alembic_version")

    assert room.run("flask", "db", "stamp", HEAD).code == 0
    assert revision_of(room.development) == HEAD


def test_a_developers_machine_without_a_production_works(room):
    room.production_file.unlink()

    assert room.run("flask", "db", "downgrade", LEGACY).code == 0
    assert revision_of(room.development) == LEGACY
