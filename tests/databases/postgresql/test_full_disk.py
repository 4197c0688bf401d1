"""No room: in the backup's folder, and on the server in the middle of the change."""

from functools import partial

import pytest
from sqlalchemy import Engine, event

from portal.databases.backups.catalogue.find import backups
from portal.databases.backups.files import backups_folder
from portal.databases.engines.copies import copier_for
from portal.databases.engines.postgresql.server import driver
from portal.jobs.models import OperationState
from tests.databases import stage
from tests.databases.postgresql.conftest import WORKER, names
from tests.databases.revising import write_revision
from tests.databases.stage import approved
from tests.databases.test_migrate import migrate
from tests.databases.test_sqlite_copy import file_size_limit
from tests.support.postgres import limit_files

MEGABYTE = 1 << 20
ROOM = 2 * MEGABYTE
"""More than a segment of the server's log takes, which would stop the server and not the change."""

HEAVY = """
load = 'x' * 1500
rows = 'WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)'
op.execute(f"CREATE TABLE heavy AS {rows} SELECT i, '{load}' AS load FROM n")
"""


def test_a_full_folder_catalogues_nothing_and_the_change_does_not_start(production, execute):
    before = copier_for(production.url).content()
    heavy = "CREATE TABLE heavy AS SELECT md5(i::text) AS load FROM generate_series(1, 100000) i"
    execute(heavy)
    operation = stage.operate("databases.backup")
    assert "may not read table heavy, of postgres" in operation.outcome, "it is the superuser's"
    execute(f"ALTER TABLE heavy OWNER TO {WORKER}")
    with file_size_limit(3 * MEGABYTE // 2):
        operation = stage.operate("databases.backup", run="run-1")

    assert operation.state is OperationState.FAILED
    assert "pg_dump failed" in operation.outcome
    assert backups() == []
    assert not list(backups_folder().glob("production-*"))
    rehearsal = stage.operate("databases.rehearse", run="run-1")
    assert "has no verified backup" in rehearsal.outcome
    execute("DROP TABLE heavy")
    assert copier_for(production.url).content() == before


@pytest.fixture
def no_room():
    """The server's process of the change, and of nothing else, may write no larger file."""

    def limit(connection, _cursor, statement, *_more) -> None:
        if statement.startswith("CREATE TABLE heavy"):
            limit_files(driver(connection).info.backend_pid, ROOM)

    yield partial(event.listen, Engine, "before_cursor_execute", limit)
    if event.contains(Engine, "before_cursor_execute", limit):
        event.remove(Engine, "before_cursor_execute", limit)


def test_a_full_disk_in_the_middle_leaves_all_as_it_was(consolidated, database, history, no_room):
    write_revision(history, upgrade=HEAVY, downgrade="op.execute('DROP TABLE heavy')")
    run = approved(stage.start()).run
    before = copier_for(consolidated.url).content()
    no_room()
    operation = migrate(run)

    assert operation.state is OperationState.FAILED, operation.outcome
    assert "File too large. Nothing was changed." in operation.outcome
    assert copier_for(consolidated.url).content() == before
    assert stage.revision(consolidated) == stage.HEAD
    assert {name for name in names() if name.startswith(database)} == {database}
