"""What goes wrong in the middle: development stays as it was, and it is said and recorded once."""

import re
import signal
import stat

import pytest

from portal.core.storage.database import db
from portal.databases.backups.scratch import scratch_folder, scratch_root
from portal.databases.cli.status import described
from portal.databases.status.json_report import as_json
from portal.databases.status.overview import overview_of
from portal.databases.sync import anonymise, service
from portal.databases.sync.columns import rules as columns
from portal.databases.tasks.maintenance import wipe_scratch
from portal.jobs.leases.holder import LeaseHolder
from portal.jobs.models import OperationState
from tests.databases import stage
from tests.databases.revising import EXPAND, write_revision
from tests.databases.sync.planted import IN_PROSE
from tests.faults.forks import in_a_fork
from tests.faults.moments import kill

pytestmark = pytest.mark.usefixtures("both")


@pytest.fixture
def unchanged():
    development = stage.target_named("development")
    before = stage.content(development)
    yield
    assert stage.content(development) == before
    assert not list(scratch_root().glob("copy-*")), "no copy of production stays"


def sync():
    return stage.operate("databases.sync", target="development")


def rewrite(history, before: str, after: str) -> None:
    """Another first revision than the one that made production."""
    file = history / "versions" / "0001_legacy.py"
    text = file.read_text()
    assert before in text
    file.write_text(text.replace(before, after))


def ends(audited) -> list[str]:
    return [outcome for action, outcome, _ in audited() if action == "sync.finished"]


def test_what_a_revision_writes_back_is_found_by_the_scan(history, audited):
    said = IN_PROSE[0]
    write_revision(history, upgrade=f"op.execute(\"UPDATE studio_profiles SET about = '{said}'\")")
    development = stage.target_named("development")
    stage.execute(development, f"UPDATE alembic_version SET version_num = '{EXPAND}'")
    before = stage.content(development)

    operation = sync()

    assert operation.state is OperationState.REFUSED
    assert "studio_profiles.about of the anonymised copy holds something that" in operation.outcome
    assert "Look for a revision that fills it" in operation.outcome
    assert said not in operation.outcome
    assert stage.content(development) == before
    assert ends(audited) == ["failed"]
    seen = overview_of(stage.target_named("development"))
    assert seen.failed_sync.id == operation.id
    assert as_json(seen)["failed_sync"]["outcome"] == operation.outcome
    assert "newest sync: refused" in described(seen)


def test_rows_that_get_lost_are_missed(unchanged, history):
    once = 'number("rating"), sa.UniqueConstraint("rating", sqlite_on_conflict="IGNORE"),'
    rewrite(history, 'number("rating"),', once)

    assert "other numbers of rows in reviews" in sync().outcome


def test_rows_that_do_not_fit_are_said_without_a_value(unchanged, history):
    """Where a hand took away in production what its revisions make."""
    rewrite(history, 'number("rating"),', 'number("rating"), sa.UniqueConstraint("rating"),')

    said = sync().outcome

    assert "Rows of reviews don't match the table as its revisions make it: UNIQUE" in said
    assert "reviews.rating" in said


def test_an_unexpected_error_is_recorded_once(unchanged, audited, monkeypatch):
    def breaks(*_):
        raise ZeroDivisionError

    monkeypatch.setattr(anonymise, "_cleaned", breaks)

    operation = sync()

    assert operation.state is OperationState.FAILED
    assert operation.outcome.endswith("Development is as it was.")
    assert ends(audited) == ["failed"]


def test_a_person_can_stop_it(unchanged, audited, monkeypatch):
    taken = service.take_backup

    def then_stopped(*args, **named):
        backup = taken(*args, **named)
        operation = db.session.scalars(db.select(stage.Operation).order_by(
            stage.Operation.id.desc())).first()  # fmt: skip
        operation.stop_requested_by = "omar"
        operation.stop_requested_at = backup.taken_at
        db.session.commit()
        return backup

    monkeypatch.setattr(service, "take_backup", then_stopped)

    operation = sync()

    assert "Stopped by omar" in operation.outcome
    assert ends(audited) == ["failed"]


def test_the_copy_is_where_no_other_user_can_look(unchanged, monkeypatch):
    seen = {}

    def look(*_):
        for folder in scratch_root().glob("copy-*"):
            for each in (folder, *folder.glob("*.sqlite3")):
                seen[each.name.partition("-")[0]] = stat.S_IMODE(each.stat().st_mode)
        raise ZeroDivisionError

    monkeypatch.setattr(anonymise, "_cleaned", look)

    assert not sync().is_done
    assert seen.pop("known.sqlite3"), "holds hashes alone"
    assert seen == {"copy": 0o700, "raw.sqlite3": 0o600, "scratch.sqlite3": 0o600}


def test_what_a_dead_process_left_is_wiped_by_the_workers_tick():
    def dies() -> None:
        with scratch_folder() as folder:
            (folder / "scratch.sqlite3").write_text("Zarina Okonkwo")
            kill()

    assert in_a_fork(dies) == -signal.SIGKILL
    [folder] = scratch_root().glob("copy-*")
    assert (folder / "scratch.sqlite3").exists()
    stage.make_old(folder)
    wipe_scratch()

    assert not folder.exists()


def test_a_development_that_was_migrated_meanwhile_stays(monkeypatch):
    development, made = stage.target_named("development"), service.make_clean

    def meanwhile(*args, **named):
        stage.execute(development, f"UPDATE alembic_version SET version_num = '{stage.LEGACY}'")
        return made(*args, **named)

    monkeypatch.setattr(service, "make_clean", meanwhile)
    operation = sync()

    assert "Development was changed to revision 0001 meanwhile" in operation.outcome
    assert stage.revision(development) == stage.LEGACY


def test_a_production_that_was_once_synced_is_synced_again():
    """As in a drill, where production is made of development's backup."""
    production, development = map(stage.target_named, ("production", "development"))
    assert sync().is_done
    with stage.engine_for(development.url).reading() as connection:
        made = connection.exec_driver_sql(
            "SELECT u.password_hash, i.image_url FROM users u, studio_images i"
        ).first()
    stage.execute(production, f"UPDATE users SET password_hash = '{made[0]}'")
    stage.execute(production, f"UPDATE studio_images SET image_url = '{made[1]}'")

    operation = sync()

    assert operation.is_done, operation.outcome


def test_a_column_can_be_left_blank(monkeypatch, tmp_path):
    text = columns.columns_file().read_text()
    for before in ('display_name = "fake: name"', 'avatar_url = "fake: image"'):
        assert before in text
        text = text.replace(before, f'{before.split()[0]} = "blank"')
    (tmp_path / "columns.toml").write_text(text)
    monkeypatch.setattr(columns, "columns_file", lambda: tmp_path / "columns.toml")

    assert sync().is_done

    with stage.engine_for(stage.target_named("development").url).reading() as connection:
        rows = connection.exec_driver_sql("SELECT DISTINCT display_name, avatar_url FROM users")
        assert rows.all() == [("", None)]


@pytest.mark.parametrize(
    ("column", "line", "why"),
    [
        ("email_verified", "blank", "users.email_verified can't be left blank"),
        ("id", "fake: name", "users.id is a key"),
        ("role", "keep: id", "users.role is kept as an id, and is neither a key"),
        (
            "role",
            "keep: id of nobodys",
            "users.role is kept as an id of nobodys, which is no table",
        ),
        ("role", "keep", "keeps users.role and does not say which values are allowed"),
    ],
)
def test_what_can_not_be_done_to_a_column_is_said(
    unchanged, monkeypatch, tmp_path, column, line, why
):
    text = columns.columns_file().read_text()
    head, users = text.split("[users]")
    users = re.sub(rf'\n{column} = "[^"]*"', f'\n{column} = "{line}"', users, count=1)
    (tmp_path / "columns.toml").write_text(f"{head}[users]{users}")
    monkeypatch.setattr(columns, "columns_file", lambda: tmp_path / "columns.toml")

    assert why in sync().outcome


def test_code_of_development_that_can_not_serve_it_is_waited_for(unchanged, settings):
    old = LeaseHolder(settings.ops_url, "web", "development", [stage.LEGACY])
    db.session.rollback()
    old.start()
    try:
        assert "is served by code that can't work with revision" in sync().outcome
    finally:
        db.session.rollback()
        old.end()
