"""The ops addresses lead to a control room's own database, or nothing is written."""

import shutil
import sqlite3
from contextlib import closing
from hashlib import sha256

import pytest
from alembic import command
from alembic.util import CommandError

from portal.core.errors import Conflict, Refused
from portal.core.storage.database import db, reading
from portal.core.storage.sqlite import SchemaAccess
from portal.databases.engines import engine_for
from portal.databases.engines.sqlite.content import content_of_file
from portal.databases.migrations.history import FOLDER, OPS_FOLDER, History
from portal.databases.targets.adoption import adopt
from portal.databases.targets.config import ops_database, target_named
from portal.databases.targets.registry import control_room
from tests.databases import stage
from tests.support.commands import run


def digest(file):
    return sha256(file.read_bytes()).hexdigest()


def setup(settings, **env):
    return run(
        *("flask", "portal", "setup"),
        env={"PORTAL_DATA": str(settings.data / "other"), "SECRET_KEY": "t", **env},
    )


def make(file, *statements):
    file.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(file)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


@pytest.mark.parametrize("variable", ["OPS_DATABASE_URL", "OPS_ADMIN_URL"])
@pytest.mark.parametrize("name", ["production", "development"])
def test_47_a_directory_with_a_label_is_refused(app, settings, variable, name):
    stage.place(name, studios=3)
    file = stage.file_at(target_named(name))
    before = digest(file)

    done = setup(settings, **{variable: f"sqlite:///{file}"})

    assert done.code == 1
    assert f"{variable} leads to a database whose label says studio-directory, {name}." in done.said
    assert "Traceback" not in done.said
    assert digest(file) == before


def test_the_address_of_a_target_is_refused_before_anything_is_there(settings):
    file = settings.data / "one.sqlite3"
    address = f"sqlite:///{file}"

    done = setup(settings, OPS_DATABASE_URL=address, PRODUCTION_DATABASE_URL=address)

    assert done.code == 1
    assert "OPS_DATABASE_URL is the address of production (PRODUCTION_DATABASE" in done.said
    assert not file.exists()


FOREIGN = {
    "another application's": ["CREATE TABLE orders (id INTEGER)"],
    "a directory without a label": [
        *("CREATE TABLE users (id INTEGER)", "CREATE TABLE studios (id INTEGER)"),
        "CREATE TABLE alembic_version (version_num TEXT)",
        "INSERT INTO alembic_version VALUES ('0001')",
    ],
    "a view alone": ["CREATE VIEW orders AS SELECT 1 AS id"],
    "a table of our name, and not ours": ["CREATE TABLE accounts (iban TEXT, balance INTEGER)"],
}
VERSION = "CREATE TABLE alembic_version (version_num TEXT)"
ROOM = "CREATE TABLE control_room (id INTEGER, uuid TEXT, is_demo, identity_key, created_at)"
#: Both histories begin with “0001”: tables tell which of them a version table is of.
TAKEN_FOR_ONE_ANOTHER = {
    "a directory's version table alone": (
        [VERSION, "INSERT INTO alembic_version VALUES ('0001')"],
        "leads to a database at revision 0001, with no control room in it",
    ),
    "a directory's revision in a control room": (
        [VERSION, ROOM, "INSERT INTO alembic_version VALUES ('9c41d07be5a2')"],
        "at revision 9c41d07be5a2, which is one of the directory’s history",
    ),
    "a directory that a control room was written into": (
        [VERSION, ROOM, "CREATE TABLE users (id)", "CREATE TABLE studios (id)"],
        "leads to a database with other tables: users",
    ),
}


def test_47_a_label_that_is_a_view_is_one_as_well(settings):
    file = settings.data / "viewed.sqlite3"
    make(file, "CREATE VIEW portal_identity AS SELECT 'x' AS application")
    before = digest(file)

    done = setup(settings, OPS_DATABASE_URL=f"sqlite:///{file}")

    assert "a database that carries the label of a target" in done.said
    assert (done.code, digest(file)) == (1, before)


@pytest.mark.parametrize("kind", TAKEN_FOR_ONE_ANOTHER)
def test_47_a_directorys_history_is_not_taken_for_the_control_rooms(settings, kind):
    statements, sentence = TAKEN_FOR_ONE_ANOTHER[kind]
    file = settings.data / "taken.sqlite3"
    make(file, *statements)
    before = digest(file)

    done = setup(settings, OPS_DATABASE_URL=f"sqlite:///{file}")

    assert (done.code, sentence in done.said) == (1, True), done.said
    assert digest(file) == before


def test_the_control_rooms_history_is_not_taken_for_a_directorys(app, settings):
    """Its database at a directory's address, by every way that writes."""
    control_room(is_demo=True)
    db.session.commit()
    ops = settings.data / "ops.sqlite3"
    address = settings.data / "production.sqlite3"
    with closing(sqlite3.connect(ops)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copy(ops, address)
    before = digest(address)
    env = {"PORTAL_DATA": str(settings.data), "SECRET_KEY": "only for tests"}

    for words in (
        ("flask", "db", "upgrade"),
        ("flask", "db", "stamp", "0001"),
        ("flask", "databases", "backup", "production"),
        ("flask", "databases", "check"),
    ):
        done = run(*words, env=env | {"PORTAL_ENV": "production"})
        assert done.code != 0
        assert "is a control room's own, and production should be there" in done.said, words
        assert digest(address) == before

    target = target_named("production")
    with pytest.raises(Refused, match="is a control room's own"):
        adopt(target, phrase="ADOPT PRODUCTION", reason="r", by=stage.ANA)
    assert digest(address) == before
    db.session.rollback()  # no lock of ops is held while commands ask for it

    with closing(sqlite3.connect(address)) as connection:  # with nothing but its version left
        for (name,) in connection.execute(TABLES).fetchall():
            connection.execute(f"DROP TABLE {name}")
        connection.commit()
    before = digest(address)
    done = run("flask", "databases", "check", env=env)
    assert "nothing says whose revision that is" in done.said
    done = run("flask", "db", "upgrade", env=env | {"PORTAL_ENV": "production"})
    assert (done.code, digest(address)) == (1, before)


TABLES = (
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'alembic_version'"
    " AND name NOT LIKE 'sqlite%'"
)


def test_the_two_histories_share_no_id_but_their_first():
    directory, ops = (
        {each.revision for each in History(folder).scripts().walk_revisions()}
        for folder in (FOLDER, OPS_FOLDER)
    )
    assert directory & ops == {"0001"}
    with pytest.raises(Conflict, match="0005, which is one of the control room’s own history"):
        History(FOLDER).pending("0005")
    with pytest.raises(Conflict, match="9c41d07be5a2, which is one of the directory’s history"):
        History(OPS_FOLDER).pending("9c41d07be5a2")


def test_each_history_run_on_the_others_database_is_refused(app):
    """By a script that hands Alembic a connection."""
    target = stage.place("production", studios=3)
    file = stage.file_at(target)
    before = content_of_file(file)
    config = ops_database().history.config()
    with engine_for(target.url).changing(SchemaAccess.SCRATCH) as connection:
        config.attributes["connection"] = connection
        with pytest.raises(CommandError, match="whose label says studio-directory, production"):
            command.upgrade(config, "head")
    assert content_of_file(file) == before

    config = History(FOLDER).config()
    with reading(), engine_for(ops_database().url).changing(SchemaAccess.SCRATCH) as connection:
        config.attributes["connection"] = connection
        with pytest.raises(Refused, match="control room's own"):
            command.upgrade(config, "head")


PLACES = {
    "a folder": ("OPS_DATABASE_URL", "folder", "which is no file"),
    "scratch": ("OPS_DATABASE_URL", "other/scratch/copy-1/x.sqlite3", "the folder scratch of"),
    "a backup": ("OPS_DATABASE_URL", "other/backups/ops-1.sqlite3", "the folder backups of"),
    "a backup of production": (
        *("PRODUCTION_DATABASE_URL", "other/backups/production-1.sqlite3"),
        "PRODUCTION_DATABASE_URL leads into the folder backups of PORTAL_DATA",
    ),
    "the store": ("DEVELOPMENT_DATABASE_URL", "store/x.sqlite3", "the folder of BACKUP_URL"),
    "the mail": ("DEVELOPMENT_ADMIN_URL", "letters/x.sqlite3", "the folder of MAIL_URL"),
    "the queue": ("OPS_DATABASE_URL", "other/jobs.sqlite3", "leads to jobs.sqlite3 in PORTAL_DATA"),
    "the key": ("OPS_ADMIN_URL", "other/backup-key", "the file of BACKUP_KEY_FILE"),
    "a part": ("OPS_DATABASE_URL", "other/production.sqlite3-wal", "is no database of its own"),
    "two of ops": ("OPS_ADMIN_URL", "two.sqlite3", "and OPS_DATABASE_URL lead to two"),
    "two of a target": (
        *("PRODUCTION_ADMIN_URL", "two.sqlite3"),
        "and PRODUCTION_DATABASE_URL lead to two databases",
    ),
    "one for two": (
        *("DEVELOPMENT_DATABASE_URL", "other/production.sqlite3"),
        "DEVELOPMENT_DATABASE_URL and PRODUCTION_DATABASE_URL lead to one database",
    ),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("through", ["itself", "a link"])
def test_each_address_is_judged_before_anything_is_written(settings, place, through):
    variable, file, sentence = PLACES[place]
    for folder in ("folder", "store", "letters", "other/scratch/copy-1", "other/backups"):
        (settings.data / folder).mkdir(parents=True)
    path = settings.data / file
    if through == "a link":
        (settings.data / "link").symlink_to(path)
        path = settings.data / "link"
    before = {*settings.data.rglob("*"), settings.data / "other" / "secret-key"}

    done = setup(
        settings,
        **{
            "BACKUP_URL": f"file:{settings.data / 'store'}",
            "MAIL_URL": f"file:{settings.data / 'letters'}",
            variable: f"sqlite:///{path}",
        },
    )

    assert done.code != 0
    assert sentence in done.said, done.said
    assert variable in done.said
    assert "Traceback" not in done.said
    assert set(settings.data.rglob("*")) <= before


def test_a_hard_link_to_a_target_is_its_address_too(app, settings):
    target = stage.place("production", studios=3)
    link = settings.data / "hard.sqlite3"
    link.hardlink_to(stage.file_at(target))
    before = digest(link)
    given = {"PRODUCTION_DATABASE_URL": f"sqlite:///{stage.file_at(target)}"}

    done = setup(settings, OPS_DATABASE_URL=f"sqlite:///{link}", **given)

    assert done.code == 1
    assert "OPS_DATABASE_URL is the address of production (PRODUCTION_DATABASE" in done.said
    assert digest(link) == before


def test_a_key_beside_the_copies_is_refused(settings):
    store = settings.data / "store"
    store.mkdir(parents=True)

    done = setup(settings, BACKUP_URL=f"file:{store}", BACKUP_KEY_FILE=str(store / "key"))

    assert "BACKUP_KEY_FILE is in the folder of BACKUP_URL" in done.sentence
    assert list(store.iterdir()) == []


@pytest.mark.parametrize("kind", FOREIGN)
def test_47_a_foreign_database_is_refused(settings, kind):
    file = settings.data / "foreign.sqlite3"
    make(file, *FOREIGN[kind])
    before = digest(file)

    done = setup(settings, OPS_DATABASE_URL=f"sqlite:///{file}")

    assert done.code == 1
    assert "OPS_DATABASE_URL leads to a database with other tables" in done.said
    assert digest(file) == before


def test_47_what_is_no_database_is_refused(settings):
    file = settings.data / "notes.txt"
    file.parent.mkdir(parents=True)
    file.write_text("These are notes and no database at all. " * 100)
    before = digest(file)

    done = setup(settings, OPS_DATABASE_URL=f"sqlite:///{file}")

    assert done.code == 1
    assert "OPS_DATABASE_URL can’t be read as a database" in done.said
    assert digest(file) == before


@pytest.mark.parametrize(
    "left",
    [
        [],
        ["CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"],
        ["CREATE TABLE throttle_marks (key TEXT, used_until TEXT)", "DROP TABLE throttle_marks"],
    ],
)
def test_a_set_up_that_was_cut_short_goes_on(settings, left):
    file = settings.data / "ops.sqlite3"
    make(file, *left)

    done = setup(settings, OPS_DATABASE_URL=f"sqlite:///{file}")

    assert done.code == 0, done.said
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("SELECT count(*) FROM control_room").fetchone() == (1,)
