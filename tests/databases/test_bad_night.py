"""docs/bad-night.md: each command of the page, carried out against the loss that it is for."""

import shutil
import socket
import time
import urllib.request
from pathlib import Path
from signal import SIGCONT, SIGSTOP

import pytest

from portal.accounts.models import Contact, Organisation
from portal.core.configuration.settings import settings as settings_now
from portal.core.storage.busy import writers
from portal.core.storage.database import db
from portal.databases.backups.files import backups_folder
from portal.databases.changes import automatic_rollback
from portal.jobs.models import Operation
from portal.jobs.operations.service import request_operation
from tests.databases import stage
from tests.databases.revising import write_revision
from tests.databases.stage import OMAR, approved
from tests.databases.test_faults_return import kill
from tests.databases.test_return import ONLY_ON_THE_COPY
from tests.faults.forks import in_a_fork
from tests.jobs.conftest import wait_for_end, worker
from tests.support.cast import PASSWORD, make_account
from tests.support.databases import make_database
from tests.support.guide import Reader, commands_of
from tests.support.leases import PATIENCE
from tests.support.waiting import wait_until

__all__ = ["worker"]  # the fixture
COMMANDS = commands_of("bad-night.md")
ANSWERS = [
    ("New password", "chosen at the first login"),
    ("The new password again", "chosen at the first login"),
    ("Email address", "ana@example.com"),
    ("Once more", PASSWORD),
    ("Password", PASSWORD),
    ("Role", "admin"),
    ("Name", "Ana"),
    ("Why", "The bad night."),
    ("Send it?", "y"),
]


@pytest.fixture
def settings(away_settings):
    return away_settings


@pytest.fixture
def reader(app, settings, away, tmp_path):
    env = {
        "PORTAL_DATA": str(settings.data),
        "SECRET_KEY": "only for tests",
        "BACKUP_URL": f"file:{away}",
    }
    reader = Reader(env, tmp_path, ANSWERS)
    yield reader
    reader.ends()


def let_go() -> None:
    db.session.remove()
    for engine in db.engines.values():
        engine.dispose()


def stored(*kinds: str) -> list[str]:
    """Backups that are in the store and no longer here."""
    stage.place(studios=6)
    stage.place("development", studios=6)
    make_account("ana")
    names = [
        stage.operate(kind, target=None if kind.endswith("ops") else "production").result["backup"]
        for kind in kinds
    ]
    assert stage.operate("backups.copy", target=None).is_done
    for name in names:
        for file in backups_folder().glob(f"{name}.*"):
            file.unlink()
    let_go()
    return names


def follow(reader: Reader, section: str) -> list[str]:
    """Carry the section's commands out, each to its good end; returns what each said."""
    said = []
    for line in COMMANDS[section]:
        code, words = reader.does(line)
        assert code == 0, (line, words)
        said.append(words)
    return said


def test_first_everything_is_looked_at(reader):
    stored()
    assert "Every database is what it should be." in follow(reader, "First")[0]


def lose_ops(settings) -> None:
    for file in settings.data.glob("ops.sqlite3*"):
        file.unlink()


def test_the_ops_database_comes_back_from_its_newest_backup(reader, settings):
    backup, reader.names["OPS-BACKUP"] = stored("databases.backup", "backups.ops")
    reader.names["BACKUP"] = backup
    lose_ops(settings)

    assert reader.does("flask databases check")[0] == 1
    follow(reader, "The ops database is gone")
    follow(reader, "From its newest backup")
    assert "ana@example.com" in reader.does("flask accounts list")[1]
    assert backup in reader.does("flask databases store")[1]


def test_without_a_backup_of_ops_targets_are_adopted_again(reader, settings):
    stored()
    lose_ops(settings)

    follow(reader, "The ops database is gone")
    assert "production: The database" in reader.does("flask databases check")[1]
    follow(reader, "Without any backup of it")


def test_a_worker_that_hangs_is_ended_and_another_takes_over(reader, worker):
    stage.place(studios=6)
    worker.start().ready()
    hang(worker)
    asked = request_operation("databases.backup", by=OMAR, target="production")
    db.session.commit()
    reader.names["PID"] = str(worker.pid)

    follow(reader, "The worker is gone, or hangs")
    assert wait_for_end(asked).is_done


def hang(worker) -> None:
    """Not amid a write: what is said of that one stands in test_ops_lock.py."""
    worker.process.send_signal(SIGSTOP)
    while worker.pid in writers(settings_now().ops_url):
        worker.process.send_signal(SIGCONT)
        time.sleep(0.05)
        worker.process.send_signal(SIGSTOP)


def test_the_web_is_started_and_asked(reader):
    make_database("production", studios=3)
    let_go()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    reader.names["8000"] = reader.env["PORT"] = port
    start, *asking = COMMANDS["The web is gone"]
    reader.does(start)
    wait_until(lambda: answers(port))

    assert [reader.does(line)[0] for line in asking if "flask incidents" not in line] == [0, 0]


def test_while_the_web_is_gone_clients_are_told_at_a_terminal(reader):
    make_account("omar")
    nia = Contact(name="Nia", salutation="Nia", email="nia@example.com")
    nia.organisation = Organisation(slug="harbour", name="Harbour Voices")
    db.session.add(nia)
    db.session.commit()
    let_go()
    for line in COMMANDS["The web is gone"]:
        if "flask incidents" in line:
            code, said = reader.does(line)
            assert code == 0, (line, said)


def answers(port: str) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=20) as answer:
            return answer.status == 200
    except OSError:
        return False


def test_production_is_recreated_from_the_store(reader):
    [reader.names["BACKUP"]] = stored("databases.backup")
    stage.file_at(stage.target_named("production")).unlink()

    follow(reader, "Production's database is gone")


def test_development_comes_back_from_its_newest_backup(reader):
    development = stage.place("development", studios=6)
    backup = stage.operate("databases.backup", target="development").result["backup"]
    reader.names["BACKUP"] = backup
    let_go()
    stage.file_at(development).unlink()

    code, said = reader.does("flask portal setup")
    assert code == 1
    assert f"flask databases restore development {backup}" in said
    follow(reader, "Development's database is gone")


def test_another_machine_takes_over_from_the_store_and_the_key(reader, settings, tmp_path):
    [reader.names["BACKUP"]] = stored("databases.backup")
    shutil.copy(settings.backup_key_file, tmp_path / "backup-key")
    reader.env["PORTAL_DATA"] = str(tmp_path / "second")

    follow(reader, "The machine is gone")


def test_a_copy_is_named_and_what_was_moved_for_good_is_anchored(reader, tmp_path):
    stored()
    look, *anchoring = COMMANDS["A wrong database answers"]
    file = stage.file_at(stage.target_named("production"))
    copy = Path(shutil.copy(file, tmp_path / "copy.sqlite3"))
    reader.env["PRODUCTION_DATABASE_URL"] = f"sqlite:///{copy}"
    code, said = reader.does(look)
    assert (code, "is a copy of production; the original is at" in said) == (1, True), said

    file.unlink()
    code, said = reader.does(look)
    assert (code, "it was moved, or it is a copy" in said) == (1, True), said
    assert [reader.does(line)[0] for line in anchoring] == [0, 0]


def test_a_change_that_stopped_half_way_says_its_state_and_is_rolled_back(
    reader, history, monkeypatch
):
    write_revision(history, more=ONLY_ON_THE_COPY)
    make_database("production", studios=3)
    make_account("ana")
    ticket = approved(stage.start())
    reader.names["BACKUP"], run = ticket.plan.backup.name, ticket.run
    asked = request_operation("databases.migrate", by=OMAR, target="production", subject=run)
    db.session.commit()
    number = asked.id

    def change() -> None:
        monkeypatch.setattr(automatic_rollback, "restore_before_change", kill)
        stage.carry_out(number)

    assert in_a_fork(change) < 0
    reader.env[PATIENCE] = "5"
    start, look, back, again = COMMANDS["A change stopped half-way"]
    reader.does(start)
    ended = wait_for_end(db.session.get_one(Operation, number))
    assert "It was not undone" in ended.outcome
    db.session.rollback()
    assert f"restore production {reader.names['BACKUP']}" in reader.does(look)[1]
    let_go()
    code, said = reader.does(back)
    assert code == 0, said
    assert "does not verify" not in reader.does(again)[1]


def test_every_section_with_commands_is_acted_out():
    on_server = Path(__file__).with_name("postgresql") / "test_ops_roles.py"
    tests = "".join(each.read_text(encoding="utf-8") for each in (Path(__file__), on_server))
    assert len(COMMANDS) == 12
    assert [name for name in COMMANDS if f'"{name}"' not in tests] == []
