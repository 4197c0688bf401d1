"""The newsletter on PostgreSQL: its sessions are seen, and an old env.py meets the trigger."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy.engine import make_url

from portal.core.clock import now
from portal.core.configuration.settings import Settings, load_settings
from portal.core.storage.database import db
from portal.databases.changes import tickets
from portal.databases.engines import engine_for
from portal.databases.status.overview import overview_of
from portal.databases.status.safeguards import layers_of
from portal.jobs.models import OperationState
from tests.databases import stage
from tests.databases.postgresql.conftest import as_worker, dsn, names, superuser
from tests.databases.stage import ANA, OMAR
from tests.other_application.conftest import FIRST_REVISION, SUBSCRIBERS
from tests.other_application.test_env import STOCK

NAME = "newsletter/production"


@pytest.fixture
def database() -> Iterator[str]:
    """Made by the newsletter itself, long before anybody guarded it."""
    name = f"n{uuid4().hex[:8]}"
    engine_for(as_worker(name)).create()
    with psycopg.connect(dsn(name)) as session:
        session.execute(FIRST_REVISION.encode())
    yield name
    for each in names():
        if each.startswith(name):
            superuser(f'DROP DATABASE "{each}" WITH (FORCE)')


@pytest.fixture
def address(database) -> str:
    return as_worker(database).render_as_string(hide_password=False)


@pytest.fixture
def settings(newsletter, address) -> Settings:
    told = {"NEWSLETTER_PRODUCTION_DATABASE_URL": address}
    return load_settings(newsletter.variables() | told)


def operate(kind, **given):
    return stage.operate(kind, target=NAME, **given)


def rows(target) -> dict[str, int]:
    engine = engine_for(target.url)
    with engine.reading() as connection:
        return engine.count_rows(connection)


def test_a_contract_waits_for_its_sessions_and_an_old_env_is_refused(
    production, newsletter, database, address
):
    run = stage.start(target=NAME)
    backup = operate("databases.backup", run=run).result["backup"]
    operation = operate("databases.rehearse", run=run)
    assert operation.is_done, operation.outcome
    ticket = tickets.ticket_of_run(run)
    tickets.confirm(ticket, "MIGRATE PRODUCTION", by=OMAR)
    tickets.approve(ticket, NAME, by=ANA, logged_in_at=now() + timedelta(seconds=1))
    db.session.commit()

    with psycopg.connect(dsn(database), application_name="newsletter"):
        operation = operate("databases.migrate", run=run)
        assert operation.state is OperationState.REFUSED
        assert "“newsletter” of talkback_worker" in operation.outcome
        [gate] = [
            each for each in layers_of(overview_of(production)) if each.name == "Release gate"
        ]
        assert gate.holds is False
        assert "“newsletter”" in gate.sentence
    operation = operate("databases.migrate", run=run)
    assert operation.is_done, operation.outcome
    assert stage.revision(production) == "n0003"
    assert rows(production)["deliveries"] == SUBSCRIBERS

    guarded = (newsletter.migrations / "env.py").read_text()
    (newsletter.migrations / "env.py").write_text(STOCK.replace("sqlite:///{file}", address))
    old = newsletter.alembic("downgrade", "n0002", database=newsletter.development_file)
    assert old.code != 0
    assert "Only a change that passed Talkback’s guard may write here." in old.said
    (newsletter.migrations / "env.py").write_text(guarded)

    operation = operate("databases.restore", by=ANA, backup=backup, text="RESTORE PRODUCTION")
    assert operation.is_done, operation.outcome
    assert stage.revision(production) == "n0001"


def test_no_search_path_hides_existing_tables(production, newsletter, database, address):
    with psycopg.connect(dsn(database)) as session:
        session.execute("CREATE SCHEMA elsewhere")
    hidden = make_url(address).update_query_dict({"options": "-csearch_path=elsewhere"})
    refused = newsletter.alembic("upgrade", "head", database=hidden)
    assert refused.code != 0
    assert "This database says it is newsletter/production" in refused.said
    assert not any("elsewhere" in each for each in rows(production))
