"""While a revision runs on PostgreSQL, its process has one connection: the one in hand."""

import pytest

from portal.databases.engines.copies import copier_for
from portal.jobs.models import OperationState
from tests.databases import stage
from tests.databases.postgresql.conftest import dsn
from tests.databases.revising import EXPAND, write_revision

MINE = "op.execute('ALTER TABLE users ADD COLUMN motto VARCHAR(80)')"
DELETE = "DELETE FROM studio_images"
WAYS = {
    "driver": (
        "import os, psycopg\nif os.environ.get('ARMED'):\n"
        f"    with psycopg.connect({{dsn!r}}) as other: other.execute({DELETE!r})"
    ),
    "engine": (
        "import os\nif os.environ.get('ARMED'):\n"
        "    with sa.create_engine({url!r}).begin() as other:\n"
        f"        other.execute(sa.text({DELETE!r}))"
    ),
}


@pytest.mark.parametrize("way", WAYS)
def test_it_is_refused_in_the_change_and_in_the_rehearsal(
    consolidated, history, database, monkeypatch, way
):
    url = consolidated.url.render_as_string(hide_password=False)
    write_revision(history, upgrade=f"{MINE}\n{WAYS[way].format(dsn=dsn(database), url=url)}")
    run = stage.start()
    stage.approved(run)
    before = copier_for(consolidated.url).content()
    monkeypatch.setenv("ARMED", "1")

    for kind in ("databases.migrate", "databases.rehearse"):
        operation = stage.operate(kind, run=run)

        assert operation.state is OperationState.REFUSED, operation.outcome
        assert operation.outcome.startswith(f"Revision {EXPAND} opened a second connection (")
        assert copier_for(consolidated.url).content() == before
        assert stage.revision(consolidated) == stage.HEAD
