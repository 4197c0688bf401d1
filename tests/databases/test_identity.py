"""What a database is: label, anchor and registry must agree, and the address never decides."""

import os
import subprocess
from dataclasses import replace

import pytest

from portal.core.configuration.settings import Environment
from portal.core.storage.database import db
from portal.core.storage.sqlite import SchemaAccess
from portal.databases.engines import engine_for
from portal.databases.targets.config import target_named
from portal.databases.targets.identity import IdentityState, judge
from portal.databases.targets.identity_label import read_label, stamp
from portal.databases.targets.models import ControlRoom, RegisteredTarget
from tests.support.databases import change_by_hand, copy_file, file_of, make_database, url_of


def standing(target):
    db.session.rollback()
    return judge(target).state


def test_both_fit(room):
    assert judge(room.development).fits
    assert judge(room.production).fits
    assert judge(room.production).sentence == "Identity confirmed: this is production."
    assert judge(room.production).revision == "0001"


def test_a_missing_file_is_said_and_not_made(room):
    gone = replace(room.production, url=url_of(room.production_file.with_name("gone.sqlite3")))

    judgement = judge(gone)

    assert judgement.state is IdentityState.MISSING
    assert str(room.production_file) in judgement.remedy
    assert not room.production_file.with_name("gone.sqlite3").exists()


@pytest.mark.parametrize("content", [b"not a database, but long enough to be read as one", b"x"])
def test_what_is_no_database_is_unreachable(room, content):
    room.development_file.write_bytes(content * 100)
    for end in ("-wal", "-shm"):
        room.development_file.with_name(room.development_file.name + end).unlink(missing_ok=True)

    judgement = judge(room.development)

    assert judgement.state is IdentityState.UNREACHABLE
    assert "not a database" in judgement.sentence


def test_a_folder_is_not_a_database(room):
    folder = room.production_file.with_name("folder")
    folder.mkdir()

    assert standing(replace(room.production, url=url_of(folder))) is IdentityState.MISSING


def test_an_empty_file_that_is_not_registered_is_empty(app):
    target = target_named("development")
    engine_for(target.url).create()

    assert standing(target) is IdentityState.EMPTY


def test_an_empty_file_in_the_place_of_a_registered_one_is_unknown(room):
    room.production_file.unlink()
    engine_for(room.production.url).create()

    judgement = judge(room.production)

    assert judgement.state is IdentityState.UNKNOWN
    assert "empty" in judgement.sentence


def test_tables_without_a_label_are_unlabelled(room):
    change_by_hand(room.production_file, "DROP TABLE portal_identity")

    assert standing(room.production) is IdentityState.UNLABELLED


def test_a_copy_at_the_other_address_is_a_copy_of_production(room):
    room.development_file.unlink()
    copy_file(room.production_file, room.development_file)

    judgement = judge(room.development)

    assert judgement.state is IdentityState.COPY
    assert "is a copy of production" in judgement.sentence
    assert "DEVELOPMENT_DATABASE_URL" in judgement.remedy


def test_the_original_does_not_fit_while_a_copy_answers_at_the_other_address(room):
    room.development_file.unlink()
    copy_file(room.production_file, room.development_file)

    assert standing(room.production) is IdentityState.COPY


def test_a_copy_beside_the_original_is_a_copy(room):
    beside = copy_file(room.production_file, room.production_file.with_name("beside.sqlite3"))

    assert standing(replace(room.production, url=url_of(beside))) is IdentityState.COPY


def test_a_moved_file_is_moved_when_the_old_place_is_silent(room):
    moved = room.production_file.rename(room.production_file.with_name("moved.sqlite3"))
    target = replace(room.production, url=url_of(moved))

    judgement = judge(target)

    assert judgement.state is IdentityState.MOVED
    assert "adopt production" in judgement.remedy


def test_a_file_put_in_the_place_of_the_original_is_moved(room):
    kept = room.production_file.rename(room.production_file.with_name("kept.sqlite3"))
    copy_file(kept, room.production_file)

    assert standing(room.production) is IdentityState.MOVED


@pytest.mark.parametrize("column", ["device", "inode"])
def test_a_hint_that_differs_asks_a_person(room, column):
    row = db.session.get(RegisteredTarget, "production")
    row.anchor = {**row.anchor, column: row.anchor[column] + 1}
    db.session.commit()

    assert standing(room.production) is IdentityState.MOVED


def test_swapped_addresses_are_misplaced(room):
    swapped = replace(room.development, url=room.production.url)

    assert standing(swapped) is IdentityState.MISPLACED
    assert "PRODUCTION_DATABASE_URL" in judge(swapped).sentence


def test_one_database_for_both_is_misplaced_for_both(room, app, monkeypatch):
    told = replace(app.extensions["portal.settings"], development_url=room.production.url)
    monkeypatch.setitem(app.extensions, "portal.settings", told)

    assert standing(target_named("development")) is IdentityState.MISPLACED
    assert standing(target_named("production")) is IdentityState.MISPLACED


@pytest.mark.parametrize(
    "forgery",
    [
        "UPDATE portal_identity SET environment = 'development'",
        "UPDATE portal_identity SET application = 'another'",
        "UPDATE portal_identity SET stamped_at = '2020-01-01T00:00:00+00:00'",
        "UPDATE portal_identity SET signature = 'ab'",
        "UPDATE portal_identity SET database_uuid = 'made-up'",
        "UPDATE portal_identity SET database_uuid = 'made-up', environment = 'development'",
        (
            "INSERT INTO portal_identity SELECT application, environment, 'second', stamped_at,"
            " signature FROM portal_identity"
        ),
        "ALTER TABLE portal_identity DROP COLUMN signature",
    ],
)
def test_an_altered_label_is_forged(room, forgery):
    change_by_hand(room.production_file, forgery)

    judgement = judge(room.production)

    assert judgement.state is IdentityState.FORGED
    assert "signature does not hold" in judgement.sentence


def test_the_label_of_development_does_not_make_production_development(room):
    """The whole row, signature and all, copied over from development."""
    with engine_for(room.development.url).reading() as connection:
        label = read_label(connection)
    change_by_hand(
        room.production_file,
        "DELETE FROM portal_identity",
        "INSERT INTO portal_identity VALUES"
        f" ('{label.application}', '{label.environment}', '{label.database_uuid}',"
        f" '{label.stamped_at}', '{label.signature}')",
    )

    assert standing(replace(room.development, url=room.production.url)) is not IdentityState.FITS
    assert standing(room.production) is not IdentityState.FITS


def test_a_label_that_says_otherwise_than_the_registry_is_forged(room):
    """Signed with our own key, for the right database, and for the wrong environment."""
    with engine_for(room.production.url).changing(SchemaAccess.SCRATCH) as connection:
        stamp(
            connection,
            application=room.production.application,
            environment=Environment.DEVELOPMENT,
            key=db.session.get(ControlRoom, 1).identity_key,
            database_uuid=read_label(connection).database_uuid,
        )

    assert standing(room.production) is IdentityState.FORGED


def test_a_database_of_another_control_room_is_unknown(room):
    row = db.session.get(RegisteredTarget, "production")
    db.session.delete(row)
    db.session.commit()

    judgement = judge(room.production)

    assert judgement.state is IdentityState.UNKNOWN
    assert "says it is production" in judgement.sentence


def test_another_key_makes_every_label_a_stranger(room):
    db.session.get(ControlRoom, 1).identity_key = os.urandom(32)
    db.session.commit()

    assert standing(room.production) is IdentityState.FORGED


def test_a_label_says_who_stamped_it_and_no_other_key_can(room):
    with engine_for(room.production.url).reading() as connection:
        label = read_label(connection)

    assert label.is_signed_with(db.session.get(ControlRoom, 1).identity_key)
    assert not label.is_signed_with(b"another key")


def test_stamping_again_replaces_the_label(room):
    engine = engine_for(room.development.url)
    with engine.changing(SchemaAccess.SCRATCH) as connection:
        first = read_label(connection)
        again = stamp(
            connection,
            application=first.application,
            environment=Environment.DEVELOPMENT,
            key=b"key",
            database_uuid=first.database_uuid,
        )
        assert read_label(connection) == again
        assert again.database_uuid == first.database_uuid


def test_judging_writes_nothing(room, production_unchanged):
    judge(room.production)
    judge(room.development)

    assert not db.session.new
    assert not db.session.dirty


def test_another_path_to_the_very_file_is_not_called_a_copy(room):
    link = room.production_file.with_name("link.sqlite3")
    link.hardlink_to(room.production_file)
    address, elsewhere = (room.url(each) for each in (link, link.with_name("none.sqlite3")))

    said = room.run("flask", "databases", "check", PRODUCTION_DATABASE_URL=address).said
    assert "copy away" not in said
    assert "PRODUCTION_DATABASE_URL leads to the very file of production" in said
    assert f"Delete nothing. Set PRODUCTION_DATABASE_URL to {room.production_file}" in said

    other = {"DEVELOPMENT_DATABASE_URL": address, "PRODUCTION_DATABASE_URL": elsewhere}
    said = room.run("flask", "databases", "check", **other).said
    assert "DEVELOPMENT_DATABASE_URL leads to the very file of production" in said
    assert "Delete nothing. Set DEVELOPMENT_DATABASE_URL to development's own database." in said


def test_a_folder_that_is_mounted_twice_holds_no_copy(room, tmp_path):
    mounted = tmp_path / "mounted"
    mounted.mkdir()
    data = room.production_file.parent
    script = f"mount --bind {data} {mounted} && exec flask databases check"
    address = room.url(mounted / room.production_file.name)
    env = {**os.environ, **room.env, "PRODUCTION_DATABASE_URL": address}
    db.session.rollback()

    ended = subprocess.run(
        ["unshare", "-m", "sh", "-c", script], env=env, capture_output=True, text=True, check=False
    )

    if "not permitted" in ended.stderr or "denied" in ended.stderr:
        pytest.skip("only an administrator mounts folders")
    said = ended.stdout + ended.stderr
    assert (ended.returncode, "copy away" in said) == (1, False), said
    assert "the very file of production by another path" in said
    assert f"Delete nothing. Set PRODUCTION_DATABASE_URL to {room.production_file}" in said


def test_a_scheme_in_capitals_is_understood(room):
    for scheme in ("SQLITE", "Sqlite+PySQLite"):
        address = f"{scheme}:///{room.production_file}"

        ended = room.run("flask", "databases", "check", PRODUCTION_DATABASE_URL=address)

        assert ended.code == 0, ended.said
        assert "production" in ended.out


@pytest.mark.parametrize("name", ["development", "production"])
def test_a_set_up_that_was_cut_short_is_finished_at_its_own_place_alone(app, tmp_path, name):
    target = make_database(name)
    file_of(target).unlink()
    engine_for(target.url).create()
    known = db.session.get_one(RegisteredTarget, name)
    known.revision, known.anchor = None, {**known.anchor, "inode": file_of(target).stat().st_ino}
    db.session.commit()
    assert judge(target).state is IdentityState.EMPTY
    known.revision = "0001"
    assert judge(target).state is IdentityState.UNKNOWN, "it was finished, and somebody emptied it"
    known.revision = None

    elsewhere = replace(target, url=url_of(tmp_path / "elsewhere.sqlite3"))
    engine_for(elsewhere.url).create()
    assert judge(elsewhere).state is IdentityState.UNKNOWN
