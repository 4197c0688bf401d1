"""Five damages of five things, and what `check`, home, retention and restore say of each.

docs/proofs.md shows this table to people; `test_the_guide_shows_this_table` holds it to that.
"""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from portal.core.clock import now
from portal.core.configuration.settings import ROOT
from portal.core.errors import PortalError
from portal.core.storage.database import db
from portal.databases.backups.catalogue.find import backup_named, backups
from portal.databases.backups.files import backups_folder, file_of
from portal.databases.backups.models import Backup, BackupCopy
from portal.databases.backups.offsite.configured import the_store
from portal.databases.backups.offsite.download import fetch_backup
from portal.databases.restores.restore import restore_target
from portal.databases.targets.config import target_named
from portal.jobs.operations.progress import Quiet
from tests.databases import stage
from tests.databases.running import the_account
from tests.databases.scene import AwayScene
from tests.databases.test_damage import take
from tests.databases.test_sqlite_copy import damage
from tests.support.cast import log_in, make_account
from tests.support.trials import IN_TRIALS

DAMAGES = ("truncated", "flipped", "empty", "missing", "unreadable")
RESTORED = "restored"
#: Nothing goes that this one would have pushed out; “counts” where it goes on counting.
STAYS, COUNTS, HALTED = "the older one stays", "counts as before", "Nothing was removed: "

NO_KEY = "There is no backup key in"
ROW = "its row in the catalogue "
TABLE = {
    # thing, damage: check, home, retention, restore
    ("backup", "truncated"): ("bytes.", "bytes.", STAYS, "is damaged: its file has"),
    ("backup", "flipped"): (
        "is damaged: its file has other content than what was verified",
        "is damaged: its file has other content than what was verified",
        STAYS,
        "is damaged: its file has other content than what was verified",
    ),
    ("backup", "empty"): ("its file has 0 of", "its file has 0 of", STAYS, "its file has 0 of"),
    ("backup", "missing"): ("its file is missing", "its file is missing", STAYS, "is missing"),
    ("backup", "unreadable"): ("is damaged: its file", "is damaged: its file", STAYS, "its file"),
    ("manifest", "truncated"): (*2 * ("its manifest can’t be read",), STAYS, RESTORED),
    ("manifest", "flipped"): (*2 * ("its manifest was altered",), STAYS, RESTORED),
    ("manifest", "empty"): (*2 * ("its manifest can’t be read",), STAYS, RESTORED),
    ("manifest", "missing"): (*2 * ("its manifest is missing",), STAYS, RESTORED),
    ("manifest", "unreadable"): (*2 * ("its manifest can’t be read",), STAYS, RESTORED),
    ("row", "truncated"): (*2 * (f"{ROW}can’t be read",), STAYS, f"{ROW}can’t be read"),
    ("row", "flipped"): (
        *2 * (f"{ROW}says another “sha256” than its signed manifest",),
        STAYS,
        f"{ROW}says another “sha256” than its signed manifest",
    ),
    ("row", "empty"): (*2 * (f"{ROW}holds no fitting “file”",), STAYS, f"{ROW}holds no fitting"),
    ("row", "missing"): (
        *2 * ("is among the backups, and not in the catalogue",),
        STAYS,
        "There is no backup named",
    ),
    ("row", "unreadable"): (*2 * (f"{ROW}can’t be read",), STAYS, f"{ROW}can’t be read"),
    ("copy", "truncated"): (*2 * ("bytes there",), COUNTS, "altered or cut short"),
    ("copy", "flipped"): (*2 * ("altered or cut short",), COUNTS, "altered or cut short"),
    ("copy", "empty"): (*2 * ("has 0 of",), COUNTS, "can't be opened with the key"),
    ("copy", "missing"): (*2 * ("is missing there",), COUNTS, "holds no"),
    ("copy", "unreadable"): (*2 * ("it is no file",), COUNTS, "could not be read"),
    **{("key", how): (NO_KEY, NO_KEY, HALTED + NO_KEY, NO_KEY) for how in DAMAGES},
}
THINGS = ("backup", "manifest", "row", "copy", "key")
TWO_OF_EACH = [
    (thing, DAMAGES[(number + by) % 5]) for number, thing in enumerate(THINGS) for by in (0, 2)
]
"""Each thing damaged in two ways, and each damage done to two things; `make trials` does all."""


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory, empty_ops: Path) -> AwayScene:
    data = tmp_path_factory.mktemp("table") / "data"
    return AwayScene(data, empty_ops, prepare, BACKUP_KEEP="daily=1 weekly=0 monthly=0")


@pytest.fixture
def settings(scene):
    return scene.put_back()


def harm_file(file: Path, how: str) -> None:
    if how == "flipped" and file.suffix != ".json":
        return damage(file, "flipped")
    text = file.read_bytes()
    file.unlink()
    if how == "truncated":
        file.write_bytes(text[: len(text) * 2 // 3])
    elif how == "flipped":  # a digit of what it says, so that it is still a manifest
        told = json.loads(text)
        file.write_text(json.dumps(told | {"size": told["size"] ^ 1}))
    elif how == "empty":
        file.touch()
    elif how == "unreadable":
        file.mkdir()  # root may read any file, but no folder as one
    return None


def harm_row(backup: Backup, how: str) -> None:
    """By the driver: the product's own types write no such row."""
    sha256 = backup.sha256[:-1] + ("0" if backup.sha256[-1] != "0" else "1")
    changed = {
        "truncated": """counts = '{"users": 1'""",
        "flipped": f"sha256 = '{sha256}'",
        "empty": "file = '', sha256 = '', content_digest = ''",
        "unreadable": "taken_at = 'some day'",
    }
    where, copies = f"WHERE name = '{backup.name}'", f"WHERE backup_id = {backup.id}"
    file = Path(db.engines["ops"].url.database.removeprefix("file:"))
    db.session.rollback()
    if how == "missing":
        stage.execute_on(file, f"DELETE FROM backup_copies {copies}")
        stage.execute_on(file, f"DELETE FROM backups {where}")
    else:
        stage.execute_on(file, f"UPDATE backups SET {changed[how]} {where}")


def harm_key(file: Path, how: str) -> None:
    if how != "flipped":
        return harm_file(file, how)
    text = file.read_text()
    at = text.index("AGE-SECRET-KEY-") + 30
    file.write_text(text[:at] + ("Q" if text[at] != "Q" else "P") + text[at + 1 :])
    return None


def harm(thing: str, how: str, backup: Backup, away: Path, settings) -> None:
    file = file_of(backup)
    if thing == "backup":
        harm_file(file, how)
    elif thing == "manifest":
        harm_file(file.with_suffix(".json"), how)
    elif thing == "row":
        harm_row(backup, how)
    elif thing == "copy":
        harm_file(away / f"{backup.name}.sqlite3.age", how)
    else:
        harm_key(settings.backup_key_file, how)


def prepare() -> None:
    """Two backups with copies off the machine: an old one that goes as soon as the newer one
    counts, and the newer one."""
    stage.place("development", studios=3)
    stage.place(studios=6)
    old, _new = take(), take()
    stage.operate("backups.copy", target=None)
    old.taken_at = now() - timedelta(days=800)
    for copy in db.session.scalars(select(BackupCopy)):  # those are opened anew each week
        copy.stored_at = now() - timedelta(days=8)
    make_account("omar")
    db.session.commit()


def restored(name: str, thing: str) -> str:
    """What whoever restores it is told; of a copy, whoever brings it back."""
    try:
        if thing == "copy":
            file_of(backup_named(name)).unlink()
            fetch_backup(the_store(), name, by=stage.ANA, progress=Quiet())
        else:
            restore_target(
                target_named("production"),
                backup_named(name),
                text="RESTORE PRODUCTION",
                by=stage.ANA,
                progress=Quiet(),
            )
    except PortalError as error:
        return str(error)
    return RESTORED


def test_without_damage_nothing_is_said_and_the_old_one_goes(app, client):
    new, old = (each.name for each in backups("production"))
    for file in backups_folder().iterdir():
        stage.make_old(file)

    said = app.test_cli_runner().invoke(args=["databases", "check", "--store"])
    assert (said.exit_code, said.stderr) == (0, "")
    assert said.output.endswith("Every database is what it should be.\n")
    assert stage.operate("backups.check", target=None).outcome == "Every backup is whole."
    assert stage.operate("backups.tidy", target=None).outcome.startswith("1 removed here, 1 in")
    assert [each.name for each in backups() if each.removed_at] == [old]
    assert restored(new, "backup") == RESTORED


@pytest.mark.parametrize(("thing", "how"), TABLE if IN_TRIALS else TWO_OF_EACH)
def test_each_damage_of_each_thing_is_said_at_each_place(app, client, scene, thing, how):
    check, home, retention, restore = TABLE[thing, how]
    new, old = (each.name for each in backups("production"))
    before = stage.content(target_named("production"))
    harm(thing, how, backup_named(new), scene.away, scene.settings)
    for file in backups_folder().iterdir():
        stage.make_old(file)  # what is young may be on its way into the catalogue

    said = app.test_cli_runner().invoke(args=["databases", "check", "--store"])
    code = 0 if thing == "backup" else 1  # its copy off the machine is whole
    assert (said.exit_code, check in said.output) == (code, True), (said.output, said.exception)
    stage.operate("backups.check", target=None)
    log_in(client, the_account("omar"))
    assert home in client.page("/ops").get_text()

    tidied = stage.operate("backups.tidy", target=None)
    if retention.startswith(HALTED):
        assert retention in tidied.outcome
    stands = (backups_folder() / f"{old}.sqlite3").is_file()
    assert stands is (retention != COUNTS), tidied.outcome
    db.session.rollback()

    answer = restored(new, thing)
    assert restore in answer, answer
    if answer != RESTORED:
        assert stage.content(target_named("production")) == before


def test_the_guide_shows_this_table():
    lines = (ROOT / "docs" / "proofs.md").read_text(encoding="utf-8").splitlines()
    for (thing, how), cells in TABLE.items():
        [line] = [each for each in lines if each.startswith(f"| {thing} | {how} |")]
        shown = [each.strip(" “”") for each in line.strip("|").split("|")[2:]]
        assert shown == [each.strip(" “”") for each in cells]
