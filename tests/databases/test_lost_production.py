"""Production that is gone, damaged, empty or another: said everywhere, restored in the browser."""

import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from portal.audit.models import AuditEntry
from portal.core.configuration.settings import sqlite_url
from portal.core.storage.database import db
from portal.databases.backups.catalogue.find import backup_named
from portal.databases.backups.files import file_of
from portal.databases.cli.status import described
from portal.databases.engines import engine_for
from portal.databases.restores import into_empty_target
from portal.databases.status.check import check_targets
from portal.databases.status.overview import overview_of
from portal.databases.targets.identity import judge
from portal.jobs.models import Operation, OperationState
from tests.databases import stage
from tests.support.cast import log_in, make_account

PHRASE = "RESTORE PRODUCTION"
PAGES = (
    *("/ops", "/ops/databases", "/ops/databases?database=development", "/ops/migrations"),
    *("/ops/backups", "/ops/backups?show=compatible", "/ops/windows", "/ops/operations"),
)
CLAIMS = re.compile(
    r"identity confirmed|nothing pending|nothing is pending|at the newest revision|is the newest"
    r"|schema current|schema is current|no change pending|drift none|pending nothing|matches"
    r"|\bfits\b|can serve|as it should be|revision none|is at none",
    re.IGNORECASE,
)
"""What nothing may say of a database that was not read; development is lost here as well."""


def gone(file: Path) -> None:
    for each in file.parent.glob(f"{file.name}*"):
        if ".aside-" not in each.name:
            each.unlink()


def alone(file: Path) -> None:
    """Its log is left of it."""
    gone(file)
    file.with_name(f"{file.name}-wal").write_bytes(b"the last writes")


def damaged(file: Path) -> None:
    gone(file)
    file.write_bytes(b"no database, and never was one" * 100)


def empty(file: Path) -> None:
    gone(file)
    engine_for(stage.target_named("production").url).create()


def replaced(file: Path) -> None:
    """By a directory of the same schema that carries no label."""
    gone(file)
    shutil.copy(stage.legacy_file(6), file)


@pytest.fixture
def name(app) -> str:
    """A backup of production."""
    stage.place(studios=6)
    return str(stage.operate("databases.backup").result["backup"])


@pytest.fixture
def lose(name) -> Callable[[Callable[[Path], None]], None]:
    def by(how: Callable[[Path], None]) -> None:
        db.session.rollback()
        how(stage.file_at(stage.target_named("production")))

    return by


@pytest.fixture
def ana(client, app):
    log_in(client, make_account("ana"))
    return client


def address(name: str, rest: str = "restore") -> str:
    return f"/ops/backups/{name}/{rest}"


def words(tag) -> str:
    return " ".join(tag.get_text(" ", strip=True).split())


def newest(kind: str) -> Operation:
    db.session.rollback()
    query = select(Operation).where(Operation.kind == kind).order_by(Operation.id.desc())
    return db.session.scalars(query).first()


def press(client, name: str, text: str = PHRASE):
    """Sends the form that the page has."""
    form = client.page(address(name)).select_one("form.restore-form")
    return client.post(form["action"], data={"text": text, "lost": "yes"})


LOST = [gone, alone, damaged, empty]


def test_no_page_claims_anything_of_what_was_not_read(ana, name, lose):
    for how in (*LOST, replaced):
        lose(how)
        for path in (*PAGES, address(name)):
            page = ana.page(path)
            for fold in page.select(".operation"):
                fold.decompose()  # what was done while it was there
            assert CLAIMS.findall(words(page.main)) == [], (how, path)
        said = described(overview_of(stage.target_named("production")))
        assert CLAIMS.findall(said) == [], how
        assert "drift: unknown" in said, how
        sentence = judge(stage.target_named("production")).sentence
        for path in ("/ops", "/ops/databases", "/ops/migrations", "/ops/backups", "/ops/windows"):
            assert sentence in words(ana.page(path).main), (how, path)


def test_an_admin_restores_it_in_the_browser(ana, name, lose):
    """From home: to its page, to the restore, into the field, and the button."""
    production = stage.target_named("production")
    held, file = stage.content(production), stage.file_at(production)
    for how in (alone, damaged):
        lose(how)
        step = ana.page("/ops/databases").select_one(".state a.button")
        assert step.get_text(strip=True) == "Restore production"
        assert step["href"] == address(name)
        page = ana.page(step["href"])
        assert "Nothing of the present can be lost" in words(page.main)
        assert len(page.main.select("form")) == 1

        assert press(ana, name).status_code == 303
        assert "under way" in words(ana.page(address(name)).main)
        assert ana.post(address(name, "restores"), data={"text": PHRASE}).status_code == 409
        stage.carry_out(newest("databases.place").id)
        assert newest("databases.place").is_done, newest("databases.place").outcome
        assert judge(production).fits, how
        assert stage.content(production).counts == held.counts
        done = ana.page(address(name)).select_one(".operation-outcome")
        assert "holds what backup" in words(done)
    db.session.rollback()
    assert not [each for each in check_targets() if each.name == "production" and each.faults]
    aside = {each.read_bytes()[:8] for each in file.parent.glob("*.aside-*")}
    assert {b"the last", b"no datab"} <= aside  # the log of the one, the file of the other


def test_the_phrase_is_compared_and_each_attempt_is_in_the_audit_log(ana, name, lose):
    lose(empty)

    wrong = press(ana, name, "restore production")

    assert wrong.status_code == 422
    assert "That is not exactly" in wrong.text
    assert 'value="restore production"' in wrong.text
    assert newest("databases.place") is None
    press(ana, name)
    stage.carry_out(newest("databases.place").id)
    db.session.rollback()
    entries = db.session.execute(select(AuditEntry.action, AuditEntry.outcome)).all()
    assert [tuple(each) for each in entries if each[0].startswith("restore.")] == [
        ("restore.started", "refused"),
        ("restore.started", "intent"),
        ("restore.finished", "done"),
    ]


def test_another_database_is_never_overwritten_by_a_restore(ana, name, lose):
    lose(replaced)

    assert not ana.page(address(name)).select_one("form.restore-form")
    answer = ana.post(address(name, "restores"), data={"text": PHRASE})
    assert answer.status_code == 409
    assert newest("databases.place") is None
    ended = stage.operate("databases.place", by=stage.ANA, backup=name, text=PHRASE)
    assert ended.state is OperationState.REFUSED


def test_what_is_back_or_was_restored_since_is_not_replaced_unseen(ana, name, lose):
    """The page said that nothing of the present can be lost, or what would be lost of another."""
    stage.operate("databases.compare", backup=name)
    file = stage.file_at(stage.target_named("production"))
    away = file.with_name("not-mounted")
    lose(lambda file: file.rename(away))
    form = ana.page(address(name)).select_one("form.restore-form")
    sent = {each["name"]: each["value"] for each in form.select("input[type=hidden][value]")}
    away.rename(file)
    answer = ana.post(form["action"], data=sent | {"text": PHRASE})
    assert (answer.status_code, newest("databases.restore")) == (409, None)
    assert "production is there again" in answer.text

    lose(gone)
    press(ana, name)
    stage.carry_out(newest("databases.place").id)
    db.session.rollback()
    answer = ana.post(address(name, "restores"), data={"text": PHRASE})
    assert (answer.status_code, newest("databases.restore")) == (409, None)
    assert "Compare first" in answer.text


def test_only_an_admin_restores_it_and_never_from_a_bad_backup(client, name, lose):
    lose(gone)
    log_in(client, make_account("omar"))
    assert "restored by an admin" in words(client.page(address(name)).main)
    assert client.post(address(name, "restores"), data={"text": PHRASE}).status_code == 403
    log_in(client, make_account("ana"))
    file_of(backup_named(name)).write_bytes(b"short")

    answer = client.post(address(name, "restores"), data={"text": PHRASE})
    assert answer.status_code == 409
    assert "is damaged" in answer.text
    assert newest("databases.place") is None


def test_a_file_elsewhere_than_registered_is_never_taken_for_the_damaged_one(name, tmp_path):
    """An address that leads to some other file, by a wrong variable."""
    production = stage.target_named("production")
    other = tmp_path / "letters.sqlite3"
    other.write_bytes(b"letters, and no database" * 100)
    led_astray = sqlite_url("production", production.url.set(database=str(other)))
    astray = replace(production, url=led_astray, site_url=led_astray)

    assert not into_empty_target.is_lost(astray)


def test_the_same_database_at_another_targets_address_is_not_lost(name, lose):
    production, development = map(stage.target_named, ("production", "development"))
    db.session.rollback()
    stage.file_at(production).rename(stage.file_at(development))

    ended = stage.operate("databases.place", by=stage.ANA, backup=name, text=PHRASE)

    assert ended.state is OperationState.REFUSED
    assert "DEVELOPMENT_DATABASE_URL" in ended.outcome
    assert not stage.file_at(production).exists()


def test_a_restore_whose_process_died_is_known_by_what_is_there(ana, name, lose):
    lose(gone)
    press(ana, name)
    operation = newest("databases.place")
    production = stage.target_named("production")
    backup = backup_named(name)

    state, sentence, _ = into_empty_target.settle_placed(production, backup, by=stage.ANA)
    assert (state, sentence) == (
        OperationState.FAILED,
        "There is still no database for production.",
    )
    shutil.copy(file_of(backup_named(name)), stage.file_at(production))  # restored, not registered
    db.session.rollback()
    assert operation.target == "production"

    state, _, _ = into_empty_target.settle_placed(production, backup_named(name), by=stage.ANA)
    assert state is OperationState.DONE
    assert judge(production).fits
