"""`flask db` and plain `alembic` with misaligned variables: neither database moves."""

from dataclasses import dataclass

import pytest

from portal.core.configuration.settings import Settings, load_settings
from portal.core.storage.database import db
from portal.databases.engines import engine_for
from portal.databases.engines.copies import copier_for
from portal.databases.targets.config import target_named
from tests.databases import stage
from tests.databases.postgresql.conftest import as_worker, clone, names, superuser, template
from tests.databases.test_commands import DOORS, WRITING
from tests.support.commands import run
from tests.support.databases import forget


@dataclass
class Room:
    """Both directories on one server, both behind the code, and an address that holds neither."""

    production: str
    development: str
    told: dict[str, str]

    def url(self, database: str) -> str:
        return as_worker(database).render_as_string(hide_password=False)


@pytest.fixture
def settings(tmp_path, database) -> Settings:
    urls = {
        f"{name}_DATABASE_URL": as_worker(base).render_as_string(hide_password=False)
        for name, base in (("PRODUCTION", database), ("DEVELOPMENT", f"{database}_dev"))
    }
    return load_settings({"PORTAL_DATA": str(tmp_path / "data"), "SECRET_KEY": "t", **urls})


@pytest.fixture
def room(production, database, settings) -> Room:
    clone(template(6), f"{database}_dev")
    stage.make_known(target_named("development"))
    told = {"PORTAL_DATA": str(settings.data), "SECRET_KEY": "t"}
    return Room(database, f"{database}_dev", told)


def swapped(room):
    return {"DEVELOPMENT": room.url(room.production), "PRODUCTION": room.url(room.development)}


def equal_to_production(room):
    return {"DEVELOPMENT": room.url(room.production), "PRODUCTION": room.url(room.production)}


def equal_to_development(room):
    return {"DEVELOPMENT": room.url(room.development), "PRODUCTION": room.url(room.development)}


def missing(room):
    """Both lead to the default: files that are not there."""
    return {"DEVELOPMENT": "", "PRODUCTION": ""}


def mistyped(room):
    wrong = room.url(f"{room.production}_mistyped")
    return {"DEVELOPMENT": wrong, "PRODUCTION": wrong}


def copy_at_development(room):
    superuser(f"DROP DATABASE {room.development}")
    clone(room.production, room.development)
    return {"DEVELOPMENT": room.url(room.development), "PRODUCTION": room.url(room.production)}


def without_labels(room):
    for base in (room.production, room.development):
        superuser("DROP TABLE portal_identity", database=base)
    return {"DEVELOPMENT": room.url(room.development), "PRODUCTION": room.url(room.production)}


def unknown(room):
    for name in ("production", "development"):
        forget(name)
    return {"DEVELOPMENT": room.url(room.development), "PRODUCTION": room.url(room.production)}


MISALIGNED = (
    swapped,
    equal_to_production,
    equal_to_development,
    missing,
    mistyped,
    copy_at_development,
    unknown,
    without_labels,
)
"""In this order on one and the same room: the last three harm what stands there."""


def test_with_misaligned_urls_neither_database_moves(room, settings, audited):
    for misalign in MISALIGNED:
        given = {f"{name}_DATABASE_URL": url for name, url in misalign(room).items()}
        db.session.rollback()
        before, there = contents(room), names()
        for env, door in (("development", "flask"), ("production", "alembic")):
            for command in WRITING.values() if misalign is swapped else [WRITING["upgrade"]]:
                told = {**room.told, **given, "PORTAL_ENV": env}
                ended = run(*DOORS[door], *command, env=told)
                assert ended.code != 0, (misalign, env, command)
                assert ended.sentence
        assert contents(room) == before, misalign
        assert names() == there, misalign

    assert not list(settings.data.glob("[dp]*.sqlite3")), "no file is made either"
    assert {(action, outcome) for action, outcome, _ in audited()} == {
        ("migration.refused", "refused")
    }


def contents(room):
    """Rows, schema and revision of both."""
    found = []
    for base in (room.production, room.development):
        with engine_for(as_worker(base)).reading() as connection:
            schema = engine_for(as_worker(base)).schema_digest(connection)
        found.append((copier_for(as_worker(base)).content(), schema))
    return found
