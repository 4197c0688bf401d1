"""Their `env.py` is theirs: what it does wrong is refused before a single revision runs."""

import pytest

from portal.core.errors import Conflict
from portal.databases.migrations.external import calls_the_guard
from portal.databases.migrations.history import History
from portal.databases.status.overview import overview_of
from portal.jobs.models import OperationState
from tests.databases import stage

NAME = "newsletter/production"

OWN_WAY = """
from alembic import context
from sqlalchemy import create_engine
from portal.guarded import guarded

with create_engine("sqlite:///{file}").connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
"""
STRANGER = """
from alembic import context
from portal.guarded import guarded

with guarded(None, "billing") as connection:
    context.configure(connection=connection)
    context.run_migrations()
"""
IDLE = "from portal.guarded import guarded\n"
STOCK = OWN_WAY.replace("from portal.guarded import guarded\n", "")


@pytest.fixture
def backed_up(production):
    """Its backup, by its name."""
    return stage.operate("databases.backup", target=NAME).result["backup"]


@pytest.mark.parametrize(
    ("env", "sentence"),
    [
        (STOCK, "does not call Talkback's guard"),
        (OWN_WAY, "opened a second connection"),
        (STRANGER, "This env.py is billing's, and not that of newsletter"),
        (IDLE, "ran no revision"),
        (f"{IDLE}import not_installed_here\n", "No module named 'not_installed_here'"),
    ],
    ids=["without the guard", "its own way", "a stranger", "idle", "broken"],
)
def test_it_is_refused_and_production_untouched(production, newsletter, backed_up, env, sentence):
    before = stage.content(production).digest
    (newsletter.migrations / "env.py").write_text(env.format(file=newsletter.production_file))

    operation = stage.operate("databases.rehearse", target=NAME, backup=backed_up)
    assert operation.state is OperationState.REFUSED
    assert sentence in operation.outcome
    assert stage.content(production).digest == before


def test_a_revision_that_fails_on_the_copy_is_reported_in_a_sentence(
    production, newsletter, backed_up
):
    file = newsletter.migrations / "versions" / "0002_locale.py"
    file.write_text(file.read_text().replace("    op.add_column", "    1 / 0\n    op.add_column"))

    operation = stage.operate("databases.rehearse", target=NAME, backup=backed_up)
    assert operation.state is OperationState.REFUSED
    assert "ZeroDivisionError" in operation.outcome


def test_files_that_cant_be_read_are_a_sentence_on_its_page(production, newsletter):
    (newsletter.migrations / "versions" / "0002_locale.py").write_text("def upgrade(:\n")

    assert "can't be read" in overview_of(production).ahead
    with pytest.raises(Conflict, match="can't be read"):
        production.history.head()


def test_a_history_with_two_heads_is_refused(production, newsletter):
    versions = newsletter.migrations / "versions"
    text = (versions / "0003_no_nickname.py").read_text()
    (versions / "0003_twin.py").write_text(text.replace('"n0003"', '"n0003b"'))

    with pytest.raises(Conflict, match="2 heads"):
        production.history.head()
    assert overview_of(production).ahead


def test_whether_it_calls_the_guard_is_read_and_not_run(newsletter):
    history, file = History(newsletter.migrations), newsletter.migrations / "env.py"
    assert calls_the_guard(history)
    file.write_text("# from portal.guarded import guarded\n")
    assert not calls_the_guard(history)
    file.unlink()
    assert not calls_the_guard(history)
