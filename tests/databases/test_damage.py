"""Damaged and missing backups: none of them stands in for a whole one, at any door."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from portal.audit.actor import SYSTEM
from portal.audit.models import AuditEntry
from portal.core.clock import now
from portal.core.errors import Refused
from portal.core.storage.database import db
from portal.databases.backups.catalogue.find import backup_named, backups, newest_backup
from portal.databases.backups.catalogue.rebuild import rebuild_catalogue
from portal.databases.backups.create import take_backup
from portal.databases.backups.files import backups_folder, file_of
from portal.databases.backups.integrity import is_whole, require_whole
from portal.databases.backups.models import Backup, BackupCopy, CopyState
from portal.databases.backups.retention import next_removals, remove_here
from portal.databases.targets.config import target_named
from portal.jobs.models import OperationState
from portal.jobs.operations.progress import Quiet
from tests.databases import stage
from tests.databases.scene import AwayScene
from tests.databases.test_retention import copied
from tests.databases.test_sqlite_copy import damage
from tests.support.cast import log_in, make_account
from tests.support.pages import words

HARMS = {
    "truncated": "bytes",
    "flipped": "its file has other content than what was verified",
    "empty": "its file has 0 of",
    "missing": "its file is missing",
    "unreadable": "bytes",
}


def harm(file: Path, how: str) -> None:
    if how in {"truncated", "flipped"}:
        return damage(file, how)
    file.unlink()
    if how == "empty":
        file.touch()
    if how == "unreadable":
        file.mkdir()  # root may read any file, but no folder as one
    return None


def take() -> Backup:
    return backup_named(stage.operate("databases.backup").result["backup"])


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory, empty_ops: Path) -> AwayScene:
    return AwayScene(tmp_path_factory.mktemp("damage") / "data", empty_ops, prepare)


def prepare() -> None:
    """Both targets, and two backups of production."""
    stage.place("development", studios=3)
    stage.place(studios=6)
    take(), take()


@pytest.fixture
def settings(request):
    """Those of an empty control room, but for a test that asks for `two`."""
    if "two" in request.fixturenames:
        return request.getfixturevalue("scene").put_back()
    return request.getfixturevalue("away_settings")


@pytest.fixture
def two(app) -> tuple[Backup, Backup]:
    """The older one, and the newer one."""
    newer, older = backups("production")
    return older, newer


@pytest.mark.parametrize("how", HARMS)
def test_a_damaged_file_is_named_by_every_command_and_page(app, client, two, how):
    whole, backup = two
    harm(file_of(backup), how)
    run = app.test_cli_runner().invoke

    said = run(args=["databases", "check"])
    tidied = stage.operate("backups.tidy", target=None)
    copied_away = stage.operate("backups.copy", target=None)

    sentence = f"Backup {backup.name} is damaged:"
    assert (said.exit_code, sentence in said.output) == (1, True)
    assert HARMS[how] in said.output
    assert "1 found damaged" in tidied.outcome
    assert "1 copied, 1 not." in copied_away.outcome
    row = db.session.scalars(select(BackupCopy).where(BackupCopy.backup_id == backup.id)).one()
    assert (row.state, sentence in row.why) == (CopyState.FAILED, True)
    assert newest_backup("production") == whole
    with pytest.raises(Refused, match="is damaged"):
        require_whole(backup)
    log_in(client, make_account("omar"))
    assert sentence in client.page("/ops").get_text()
    assert "damaged here" in client.page("/ops/backups").get_text()
    entries = [(each.action, each.outcome) for each in db.session.scalars(select(AuditEntry))]
    assert entries.count(("backup.damaged", "failed")) == 1
    stage.operate("backups.check", target=None)
    assert backup_named(backup.name).damage


@pytest.mark.parametrize("how", HARMS)
def test_what_is_damaged_never_pushes_out_the_last_whole_backup(app, two, how):
    old, new = two
    old.taken_at = now() - timedelta(days=800)
    for day in range(1, 30):
        db.session.add(copied(new, f"later-{day}", now() - timedelta(days=day * 31)))
    db.session.commit()
    assert old in next_removals()
    for each in backups("production"):
        if each is not old:
            file = file_of(each)
            content = file.read_bytes()
            file.unlink()  # no longer one file with the others
            file.write_bytes(content)
            harm(file, how)

    stage.operate("backups.tidy", target=None)

    assert is_whole(old)
    assert newest_backup("production") == old


def test_a_file_that_is_back_counts_again(app):
    stage.place(studios=6)
    backup = take()
    file = file_of(backup)
    file.rename(file.with_suffix(".aside"))
    stage.operate("backups.check", target=None)
    assert newest_backup("production") is None
    file.with_suffix(".aside").rename(file)

    stage.operate("backups.check", target=None)

    assert newest_backup("production") == backup
    actions = list(db.session.scalars(select(AuditEntry.action)))
    assert "backup.recovered" in actions


def test_a_copy_of_production_is_not_backed_up_as_production(app, settings):
    target = stage.place(studios=6)
    own = take()
    original = stage.file_at(target)
    copy = original.with_name("copy.sqlite3")
    copy.write_bytes(original.read_bytes())
    told = replace(settings, production_url=target.url.set(database=str(copy)))
    app.extensions["portal.settings"] = told

    operation = stage.operate("databases.backup")

    assert operation.state is OperationState.REFUSED
    assert "So it is not backed up." in operation.outcome
    assert newest_backup("production") == own
    assert len(list(backups_folder().glob("production-*"))) == 2


class Replacing(Quiet):
    """Puts a copy in the file's place as soon as the backup was proven."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def say(self, text: str) -> None:
        content = self.file.read_bytes()
        self.file.unlink()
        self.file.write_bytes(content)


def test_what_is_replaced_while_it_is_copied_leaves_no_file(app):
    target = stage.place(studios=6)
    held = stage.file_at(target).open("rb")  # keeps the inode from being given again

    with held, pytest.raises(Refused):
        take_backup(target, reason="r", by=SYSTEM, progress=Replacing(stage.file_at(target)))

    assert backups("production") == []
    assert not list(backups_folder().glob("production-*"))


def test_a_backup_of_the_database_that_was_there_before_does_not_count(app):
    stage.place(studios=6)
    old = take()
    old.database_uuid = "another"
    db.session.commit()

    assert newest_backup("production") is None
    assert old not in next_removals(now() + timedelta(days=900))


BAD = {
    "unreadable text": b"\xff\xfe",
    "truncated": b'{"format": 1, "name"',
    "empty": b"",
    "a list": b"[]",
    "deep": b"[" * 100_000,
    "a field is missing": {"sha256": None},
    "a number for a name": {"target": 7},
    "a file elsewhere": {"file": "../../production.sqlite3"},
    "of the future": {"taken_at": "2999-01-01T00:00:00+00:00"},
    "a time without a zone": {"taken_at": "2026-01-01T00:00:00"},
    "counts that are none": {"counts": {"users": "many"}},
    "renamed": {"name": "another", "file": "another.sqlite3"},
}


@pytest.mark.parametrize("bad", BAD)
def test_a_bad_manifest_is_named_and_the_others_are_entered(app, two, bad):
    names = [each.name for each in two]
    manifest = backups_folder() / f"{names[0]}.json"
    given = BAD[bad]
    if isinstance(given, dict):
        given = json.dumps(json.loads(manifest.read_text()) | given).encode()
    manifest.write_bytes(given)
    db.session.execute(Backup.__table__.delete())
    db.session.commit()

    result = app.test_cli_runner().invoke(args=["databases", "rebuild-catalogue"])

    assert result.exit_code == 1, result.output
    assert sorted(each.name for each in backups()) == names[1:]
    assert f"{names[0]}.json" in result.output
    assert "1 backups entered." in result.output


def test_a_file_without_a_manifest_is_named(app):
    stage.place(studios=6)
    name = take().name
    (backups_folder() / f"{name}.json").unlink()
    db.session.execute(Backup.__table__.delete())

    rebuilt = rebuild_catalogue()

    assert rebuilt.entered == []
    assert rebuilt.problems == [f"{name}.sqlite3 has no manifest, so its content is unknown."]


#: What a hand, or a lost sector, leaves of a row; none of it may lead to another file.
ROWS = {
    "a file elsewhere": "file = '../production.sqlite3'",
    "another backup's file": "file = (SELECT file FROM backups WHERE id = 1)",
    "a name elsewhere": "name = '../x', file = '../x.sqlite3'",
    "another size": "size = 7",
    "a size that is none": "size = 'many'",
    "another hash": "sha256 = content_digest",
    "cut json": "counts = '{'",
    "counts that are a list": "counts = '[]'",
    "another digest": "content_digest = sha256",
    "another database's": "database_uuid = 'x'",
    "another target's": "target = 'development'",
    "a time that is none": "taken_at = 'soon'",
}


@pytest.mark.parametrize("row", ROWS)
def test_a_damaged_row_ends_nothing_leads_nowhere_and_is_mended(app, two, row):
    target = target_named("production")
    whole, other = two
    names = {whole.name, other.name}
    held, production = _held(backups_folder()), stage.file_at(target).read_bytes()
    db.session.rollback()
    file = Path(db.engines["ops"].url.database.removeprefix("file:"))
    stage.execute_on(file, f"UPDATE backups SET {ROWS[row]} WHERE id = 2")
    run = app.test_cli_runner().invoke

    said = run(args=["databases", "check"])
    tidied = stage.operate("backups.tidy", target=None)
    assert (said.exit_code, "its row in the catalogue" in said.output) == (1, True), said.output
    assert tidied.is_done, tidied.outcome
    assert [each.name for each in _whole()] == [whole.name]
    for each in backups():
        if each.id == 2:
            refused = [lambda each=each: require_whole(each)]
            if row.endswith("elsewhere"):
                refused += [lambda each=each: remove_here(each, by=SYSTEM)]
            for attempt in refused:
                with pytest.raises(Refused):
                    attempt()
    assert _held(backups_folder()) == held
    assert stage.file_at(target).read_bytes() == production
    db.session.rollback()

    mended = run(args=["databases", "rebuild-catalogue"])
    assert mended.exit_code == 0, mended.output
    assert {each.name for each in _whole()} == names
    said = run(args=["databases", "check"])
    assert said.exit_code == 0, said.output


UNREADABLE = {name: ROWS[name] for name in ("a time that is none", "cut json")} | {
    "a removal at a time that is none": "removed_at = 'soon'"
}


@pytest.mark.parametrize("row", UNREADABLE)
def test_the_home_names_rows_that_cannot_be_read_and_shows_the_others(app, client, two, row):
    gone, whole, other = *two, take()
    gone.removed_at = gone.taken_at
    gone, whole, other = (each.name for each in (gone, whole, other))
    db.session.commit()
    file = Path(db.engines["ops"].url.database.removeprefix("file:"))
    stage.execute_on(file, f"UPDATE backups SET {UNREADABLE[row]} WHERE name = '{other}'")
    log_in(client, make_account("ana"))

    said = words(client.page("/ops").find(id="alerts").parent)

    assert f"Backup {other} is damaged: its row" in said
    assert whole not in said
    assert gone not in said


def _whole() -> list[Backup]:
    return [each for each in backups() if is_whole(each)]


def _held(folder: Path) -> dict[str, bytes]:
    return {each.name: each.read_bytes() for each in folder.iterdir() if each.is_file()}


def test_a_row_that_no_signed_manifest_tells_of_is_named_and_left(app, two):
    first, second = two
    names = [first.name, second.name]
    (backups_folder() / f"{names[0]}.json").unlink()
    db.session.rollback()
    file = Path(db.engines["ops"].url.database.removeprefix("file:"))
    stage.execute_on(file, "UPDATE backups SET counts = '{'")

    ended = app.test_cli_runner().invoke(args=["databases", "rebuild-catalogue"])

    assert ended.exit_code == 1
    assert f"Backup {names[0]} is damaged: its row" in ended.output
    assert "No signed manifest tells of it." in ended.output
    assert [each.name for each in _whole()] == names[1:]


def test_one_that_can_not_be_removed_keeps_no_other(app, monkeypatch):
    stage.place(studios=3)
    found = [take() for _ in range(3)]
    for number, each in enumerate(found[:2]):
        each.taken_at = now() - timedelta(days=800 + number)
    db.session.commit()
    names = [each.name for each in found]
    keep = replace(app.extensions["portal.settings"].backup_keep, daily=1, weekly=0, monthly=0)
    told = replace(app.extensions["portal.settings"], backup_keep=keep)
    app.extensions["portal.settings"] = told
    manifest = backups_folder() / f"{names[1]}.json"
    unlink = Path.unlink

    def stuck(self: Path, missing_ok: bool = False) -> None:
        if self == manifest:
            raise PermissionError(1, "Operation not permitted")
        unlink(self, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", stuck)  # root may remove whatever it likes

    tidied = stage.operate("backups.tidy", target=None)

    assert tidied.state is OperationState.FAILED
    assert "1 removed here, 0 in the store. 1 could not be removed." in tidied.outcome
    assert f"{names[1]} can’t be removed: Operation not permitted." in tidied.outcome
    gone = {each.name for each in backups() if each.removed_at}
    assert gone == {names[0]}


def test_a_lost_key_is_not_recreated_silently(app, client, settings):
    stage.place(studios=3)
    take()
    stage.place("development", studios=3)
    settings.backup_key_file.unlink()

    operation = stage.operate("databases.backup")

    assert operation.state is OperationState.FAILED
    assert "There is no backup key in" in operation.outcome
    assert not settings.backup_key_file.exists()
    assert app.test_cli_runner().invoke(args=["databases", "check"]).exit_code == 1
    assert "make a new one: flask portal setup" in operation.outcome
