"""The way back by swap: wholly old or wholly new, for whoever reads, writes or kills."""

import signal
import threading
import time
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Engine, event

from portal.core.storage.database import db
from portal.databases.backups.catalogue.find import backup_named, backups
from portal.databases.backups.files import backups_folder
from portal.databases.engines import engine_for
from portal.databases.engines.copies import copier_for
from portal.databases.restores.settle import settle_restore
from portal.databases.targets.identity import IdentityState, judge
from portal.jobs.processes import session_name
from tests.databases import stage
from tests.databases.postgresql.conftest import dsn, names
from tests.databases.stage import ANA
from tests.faults import moments
from tests.faults.forks import in_a_fork

MOMENTS = ("rename 1", "rename 2", "commit", "committed")


@pytest.fixture
def backup(production, execute) -> str:
    """A verified backup; one studio was renamed and three were added since."""
    assert stage.operate("databases.backup").is_done
    execute(
        "UPDATE studios SET name = 'Since'",
        "INSERT INTO studios (owner_id, name) SELECT min(owner_id), 'New' FROM studios",
    )
    return backups("production")[0].name


def give_back(name: str):
    return stage.operate("databases.restore", by=ANA, backup=name, text="RESTORE PRODUCTION")


def test_readers_see_all_of_the_old_or_all_of_the_new(production, database, backup):
    seen, ended = set(), threading.Event()

    def visit() -> None:
        while not ended.is_set():
            try:
                with psycopg.connect(dsn(database), application_name=session_name()) as connection:
                    query = "SELECT count(*), count(*) FILTER (WHERE name = 'Since') FROM studios"
                    seen.add(connection.execute(query).fetchone())
            except psycopg.OperationalError:
                seen.add("turned away")
            time.sleep(0.01)

    visitor = threading.Thread(target=visit)
    visitor.start()
    idle = psycopg.connect(dsn(database), application_name=session_name())
    operation = give_back(backup)
    ended.set()
    visitor.join()

    assert operation.is_done, operation.outcome
    assert {(7, 6), (6, 0)} <= seen <= {(7, 6), (6, 0), "turned away"}, seen
    assert copier_for(production.url).content().digest == backup_named(backup).content_digest
    assert judge(production).fits, "anchored again"
    with pytest.raises(psycopg.errors.AdminShutdown):
        idle.execute("SELECT 1")
    idle.close()
    assert {name for name in names() if name.startswith(database)} == {database}
    assert stage.operate("databases.backup").is_done, "and goes on as before"


def kill_at(moment: str) -> None:
    renames = 0

    def statement(_connection, _cursor, text: str, *_more) -> None:
        nonlocal renames
        renames += text.startswith("ALTER DATABASE") and " RENAME TO " in text
        if moment == f"rename {renames}" or (moment == "committed" and committed):
            moments.kill()

    committed = []

    def commit(_connection) -> None:
        if renames == 2:
            if moment == "commit":
                moments.kill()
            committed.append(True)

    event.listen(Engine, "before_cursor_execute", statement)
    event.listen(Engine, "commit", commit)


def test_a_kill_in_the_middle_leaves_the_old_or_the_new(production, database, backup):
    before, uuid = copier_for(production.url).content(), judge(production).label.database_uuid
    kept = backup_named(backup)
    file, digest = backups_folder() / kept.file, kept.content_digest
    folder = Path(file.parent / "meanwhile")
    folder.mkdir()

    for moment in MOMENTS:

        def swap(moment: str = moment) -> None:
            kill_at(moment)
            copier_for(production.url).restore(
                file, folder=folder, digest=digest, database_uuid=uuid
            )
            with engine_for(production.url).reading() as connection:
                connection.exec_driver_sql("SELECT 1")

        assert in_a_fork(swap) == -signal.SIGKILL, moment
        is_new = copier_for(production.url).content().digest == digest
        assert is_new is (moment == "committed"), moment
        if not is_new:
            assert copier_for(production.url).content() == before
            assert settle_restore(production, backup_named(backup), by=ANA) is None
            assert judge(production).fits

    assert judge(production).state is IdentityState.MOVED, "the number is a new one"
    assert settle_restore(production, backup_named(backup), by=ANA)
    db.session.commit()
    assert judge(production).fits


def test_a_dump_that_is_not_what_was_proven_stays_out(production, backup):
    kept = backup_named(backup)
    file = backups_folder() / kept.file
    whole, before = file.read_bytes(), copier_for(production.url).content()
    for damaged in (whole[: len(whole) // 2], flipped(whole, len(whole) // 2)):
        file.write_bytes(damaged)
        operation = give_back(backup)
        assert "is damaged: its file has" in operation.outcome
        assert copier_for(production.url).content() == before


def flipped(raw: bytes, at: int) -> bytes:
    return raw[:at] + bytes([raw[at] ^ 0x10]) + raw[at + 1 :]
