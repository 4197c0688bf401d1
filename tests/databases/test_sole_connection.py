"""While a revision runs, nothing in its process reaches a database but through its connection."""

import importlib
import sqlite3
import sys
import threading
from pathlib import Path

import pytest

from portal.core.storage.database import db
from portal.databases.changes.plan import plan_of_run
from portal.databases.migrations.sole_connection import SecondConnection, alone
from portal.jobs.models import OperationState
from tests.databases import stage
from tests.databases.revising import EXPAND, write_revision
from tests.support import changes

MINE = "op.execute('ALTER TABLE users ADD COLUMN motto VARCHAR(80)')"
SQL = "INSERT INTO users (id, email, username) VALUES (99999, 'x@example.org', 'x')"
WAYS = {
    "driver": f"import sqlite3\nsqlite3.connect({{file!r}}).execute({SQL!r})",
    "class of the driver": "import sqlite3\nsqlite3.Connection({file!r})",
    "engine": (
        "engine = sa.create_engine('sqlite:///' + {file!r})\n"
        f"with engine.begin() as other: other.execute(sa.text({SQL!r}))"
    ),
    "own engine": "op.get_bind().engine.connect()",
    "raw": "op.get_bind().engine.raw_connection()",
    "session": (
        "from portal.core.storage.database import db\n"
        "db.session.execute(sa.text('SELECT 1'), bind_arguments={{'bind': db.engines['ops']}})"
    ),
    "thread": (
        "import sqlite3, threading\n"
        "thread = threading.Thread(target=sqlite3.connect, args=({file!r},))\n"
        "thread.start()\nthread.join()"
    ),
    "pool of threads": (
        "import sqlite3\nfrom concurrent.futures import ThreadPoolExecutor\n"
        "with ThreadPoolExecutor() as pool: pool.submit(sqlite3.connect, {file!r})"
    ),
    "bare thread": "import _thread\n_thread.start_new_thread(print, ())",
    "attach": "op.execute(\"ATTACH DATABASE '{file}' AS live\")",
    "kept quiet": (
        "import contextlib, sqlite3\n"
        "with contextlib.suppress(BaseException): sqlite3.connect({file!r})"
    ),
    "another driver": (
        "import psycopg\npsycopg.connect('host=127.0.0.1 port=1 dbname=x connect_timeout=1')"
    ),
}


def _history_of(way: str, file: Path, folder: Path, **more: str) -> None:
    write_revision(folder, upgrade=f"{MINE}\n{WAYS[way].format(file=str(file))}", **more)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("way", WAYS)
def test_a_rehearsal_refuses_a_second_connection_by_the_name_of_the_revision(app, history, way):
    target = stage.place(studios=6)
    before = stage.content(target)
    _history_of(way, stage.file_at(target), history)
    assert stage.operate("databases.backup", run="run-1").is_done

    operation = stage.operate("databases.rehearse", run="run-1")

    assert operation.state is OperationState.REFUSED, operation.outcome
    assert operation.outcome.startswith(f"Revision {EXPAND} opened a second connection (")
    assert plan_of_run("run-1") is None
    assert stage.content(target) == before


def test_a_way_back_that_opens_one_is_refused_as_well(app, history):
    target = stage.place(studios=6)
    _write_way_back(history, stage.file_at(target))
    assert stage.operate("databases.backup", run="run-1").is_done

    operation = stage.operate("databases.rehearse", run="run-1")

    assert operation.state is OperationState.REFUSED, operation.outcome
    assert operation.outcome.startswith(f"Revision {EXPAND} opened a second connection (")


def _write_way_back(history: Path, file: Path) -> None:
    back = (
        "op.execute('ALTER TABLE users DROP COLUMN motto')\n"
        f"import sqlite3\nsqlite3.connect({str(file)!r})"
    )
    write_revision(history, upgrade=MINE, downgrade=back)


def test_a_change_that_opens_one_only_then_leaves_production_as_it_was(app, history):
    target = stage.place(studios=6)
    file = stage.file_at(target)
    write_revision(
        history,
        upgrade=f"{MINE}\nimport os, sqlite3\n"
        f"if os.environ.get('ARMED'): sqlite3.connect({str(file)!r}).execute({SQL!r})",
    )
    run = stage.start()
    stage.approved(run)
    before = stage.content(target)

    with pytest.MonkeyPatch.context() as armed:
        armed.setenv("ARMED", "1")
        operation = stage.operate("databases.migrate", run=run)

    assert operation.state is OperationState.REFUSED, operation.outcome
    assert f"Revision {EXPAND} opened a second connection (SQLite: {file})" in operation.outcome
    assert stage.content(target) == before
    assert stage.revision(target) == stage.LEGACY
    db.session.rollback()
    assert stage.operate("databases.migrate", run=run).is_done, "the rule ends with the revision"
    assert stage.revision(target) == EXPAND


def test_a_thread_that_outlives_its_revision_opens_nothing_either():
    may_go, said = threading.Event(), []

    def late() -> None:
        may_go.wait()
        with pytest.raises(SecondConnection) as refused:
            sqlite3.connect(":memory:")
        said.append(str(refused.value))

    with alone("Revision late"):
        thread = threading.Thread(target=late)
        thread.start()
    sqlite3.connect(":memory:").close()
    may_go.set()
    thread.join()

    assert said[0].startswith("Revision late opened a second connection")


def test_a_driver_that_a_revision_is_the_first_to_load_is_guarded(tmp_path, monkeypatch):
    (tmp_path / "pymssql.py").write_text("def connect(): return 'connected'\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(SecondConnection, match="pymssql"), alone("Revision other"):
        importlib.import_module("pymssql").connect()
    assert sys.modules.pop("pymssql").connect() == "connected"


def test_development_is_held_to_the_same(app, history):
    target = stage.place("development", studios=6)
    before = stage.content(target)
    _history_of("driver", stage.file_at(target), history)

    with pytest.raises(SecondConnection, match=f"Revision {EXPAND} opened a second connection"):
        changes.change(target)
    assert stage.content(target) == before


def test_a_file_that_connects_as_it_is_read_is_refused(app, history):
    target = stage.place("development", studios=6)
    write_revision(
        history,
        more=f"import sqlite3\nopen_before = sqlite3.connect({str(stage.file_at(target))!r})",
    )

    said = f"The file {EXPAND}_of_a_test.py opened a second connection"
    with pytest.raises(SecondConnection, match=said):
        changes.change(target)


def test_the_connection_in_hand_stays_whole(app, history):
    stage.place(studios=6)
    write_revision(
        history,
        upgrade=f"{MINE}\nbind = op.get_bind()\nsa.inspect(bind).get_table_names()\n"
        "with sa.orm.Session(bind) as session: session.execute(sa.text('SELECT 1'))\n"
        "with bind.begin_nested(): bind.execute(sa.text('SELECT count(*) FROM users'))\n"
        "with op.batch_alter_table('users', recreate='always') as batch:\n"
        "    batch.add_column(sa.Column('more', sa.String(10)))",
        more="import sqlalchemy.orm",
        downgrade="with op.batch_alter_table('users') as batch:\n"
        "    batch.drop_column('more')\n    batch.drop_column('motto')",
    )
    assert stage.rehearsed().way_back
