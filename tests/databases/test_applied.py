"""A revision that was edited after it was applied is named, by what its code does."""

import ast
from pathlib import Path

import pytest
from hypothesis import given, strategies
from hypothesis import settings as how
from sqlalchemy import select

from portal.audit.models import AuditEntry
from portal.core.configuration.settings import Settings
from portal.core.errors import Conflict, Forbidden
from portal.core.storage.database import db
from portal.databases.backups.catalogue.find import backups
from portal.databases.changes.execution.change import Change
from portal.databases.changes.execution.settle import settle
from portal.databases.changes.models import Ticket, TicketState
from portal.databases.migrations import applied
from portal.databases.migrations.history import FOLDER, History
from portal.databases.migrations.models import AppliedRevision, Noted
from portal.databases.migrations.revision_code import code_digest, digest_of
from portal.databases.status.check import check_targets
from portal.databases.targets.models import RegisteredTarget
from tests.databases import stage
from tests.databases.revising import EXPAND, write_revision
from tests.databases.scene import Scene
from tests.databases.stage import ANA, HEAD, LEGACY, OMAR, approved, operate
from tests.support.databases import PENDING, make_database

SHIPPED = History(FOLDER).revision(HEAD).file.read_bytes()
APPLIED = [each.id for each in PENDING]
PLAIN = '''"""Words."""
import sqlalchemy as sa
from alembic import op
NUMBER = 3
def add(one, many=()):
    """Adds."""
    return [one, *many, None, b"x", 1.5]
def upgrade():
    for each in add("motto"):
        op.execute(f"ALTER TABLE users ADD COLUMN {each}")
'''
SAME = {
    "a comment": PLAIN + "# that was all\n",
    "another docstring": PLAIN.replace("Words.", "Other words."),
    "no docstring": PLAIN.replace('    """Adds."""\n', ""),
    "annotations": PLAIN.replace("(one, many=())", "(one: str, many: tuple = ()) -> list"),
    "an annotated name": PLAIN.replace("NUMBER = 3", "later: str\nNUMBER: int = 3"),
    "an import for annotations": PLAIN.replace("NUMBER", "from typing import Any\nNUMBER", 1),
    "other spacing": PLAIN.replace("[one, *many,", "[\n        one,  *many,\n").replace('"', "'"),
}
OTHER = {
    "a constant": PLAIN.replace("NUMBER = 3", "NUMBER = 4"),
    "a kind of constant": PLAIN.replace("NUMBER = 3", "NUMBER = '3'"),
    "a function of its own": PLAIN.replace("*many", "*reversed(many)"),
    "SQL": PLAIN.replace("ALTER", "DROP"),
    "a default": PLAIN.replace("many=()", "many=(1,)"),
    "a name": PLAIN.replace("NUMBER", "COUNT"),
    "an import that acts": PLAIN.replace("import op\n", "import op\nimport os\n"),
    "what was there is gone": PLAIN.rsplit("def upgrade", 1)[0],
    "a text that is no docstring": PLAIN.replace("return [", 'return ["",'),
}
CARRIES_OUT_ITS_WORDS = [
    PLAIN + "op.execute(__doc__)\n",
    PLAIN + "op.execute(add.__doc__)\n",
    PLAIN + "import inspect\nop.execute(inspect.getdoc(add))\n",
]


def digest(source: str | bytes, folder: Path = FOLDER) -> str:
    return digest_of(source if isinstance(source, bytes) else source.encode(), folder)


@pytest.mark.parametrize("what", SAME)
def test_what_people_read_does_not_count(what):
    assert SAME[what] != PLAIN
    assert digest(SAME[what]) == digest(PLAIN)


@pytest.mark.parametrize("what", OTHER)
def test_what_it_does_counts(what):
    assert digest(OTHER[what]) != digest(PLAIN)


@pytest.mark.parametrize("source", CARRIES_OUT_ITS_WORDS)
def test_a_docstring_that_is_carried_out_counts(source):
    assert digest(source.replace("Words.", "Others.")) != digest(source)
    assert digest(source.replace("Adds.", "Takes.")) != digest(source)
    assert digest(source + "# that was all\n") == digest(source)


def constants(tree: ast.AST) -> list[ast.Constant]:
    found = (each for each in ast.walk(tree) if isinstance(each, ast.Constant))
    return [each for each in found if isinstance(each.value, str | int)]


CONSTANTS = len(constants(ast.parse(SHIPPED)))


@how(max_examples=12, deadline=None)
@given(strategies.integers(0, CONSTANTS - 1))
def test_every_constant_of_the_shipped_revision_counts_unless_it_is_a_docstring(number):
    tree = ast.parse(SHIPPED)
    bare = {
        id(each.body[0].value)
        for each in ast.walk(tree)
        if isinstance(each, ast.Module | ast.FunctionDef | ast.ClassDef)
        and ast.get_docstring(each) is not None
    }
    node = constants(tree)[number]
    node.value = f"{node.value}!"
    changed = ast.unparse(ast.fix_missing_locations(tree))

    assert (digest(changed) == digest(SHIPPED)) == (id(node) in bare)


def test_a_file_that_it_names_counts(tmp_path):
    versions = tmp_path / "versions"
    versions.mkdir()
    source = PLAIN + "SQL = open('fill.sql').read()\n"
    without = digest(source, versions)
    for folder in (versions, tmp_path):
        (folder / "fill.sql").write_text("DELETE FROM users;")
        first = digest(source, versions)
        (folder / "fill.sql").write_text("DELETE FROM reviews;")
        assert len({without, first, digest(source, versions)}) == 3
        (folder / "fill.sql").unlink()


def change() -> None:
    stage.place(studios=6)
    run = approved(stage.start()).run
    done = operate("databases.migrate", run=run)
    assert done.is_done, done.outcome


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory, empty_ops: Path) -> Scene:
    return Scene(tmp_path_factory.mktemp("changed") / "data", empty_ops, change)


@pytest.fixture
def settings(request: pytest.FixtureRequest, settings: Settings) -> Settings:
    if "changed" in request.fixturenames:
        prepared: Scene = request.getfixturevalue("scene")
        return prepared.put_back()
    return settings


@pytest.fixture
def changed(app, history) -> Path:
    """Production after a change with a ticket; the file of its revision."""
    return History(history).revision(HEAD).file


def edit(file: Path, was: str = "def upgrade() -> None:\n", more: str = "    later = 1\n") -> None:
    text = file.read_text()
    assert was in text
    file.write_text(text.replace(was, was + more))


def said(name: str = "production") -> tuple[list[str], list[str]]:
    db.session.rollback()
    [found] = [each for each in check_targets() if each.name == name]
    return found.faults, [each for each in found.notes if "first seen" in each]


def rows() -> list[tuple[str, Noted, bool]]:
    db.session.rollback()
    query = select(AppliedRevision).order_by(AppliedRevision.id)
    return [(e.revision, e.noted, e.ended_at is None) for e in db.session.scalars(query)]


def test_an_edit_after_a_change_is_named_by_check_and_lint_until_it_is_undone_or_accepted(
    app, changed
):
    run = app.test_cli_runner().invoke
    assert rows() == [(each, Noted.APPLIED, True) for each in APPLIED]
    faults, [first] = said()
    assert (faults, first.startswith(f"The code of {LEGACY} was first seen")) == ([], True)
    original = changed.read_text()
    edit(changed, more='    # a comment\n    """words"""\n')
    assert said() == ([], [])

    changed.write_text(original)
    edit(changed)
    [fault], _ = said()
    lint = run(args=["databases", "lint", str(changed)])
    assert f"The code of revision {HEAD}, {changed}, was edited since it was applied" in fault
    assert "Put the file back" in fault
    assert lint.exit_code == 1
    assert f"{changed}:1: edited-after-applied: The code of revision" in lint.output

    words = ["databases", "accept-revision", "production", HEAD, "--reason", "A typing mistake"]
    refused = run(args=words)
    assert (refused.exit_code, "person at a terminal" in refused.output) == (1, True)
    target, reason = stage.target_named("production"), "A typing mistake"
    with pytest.raises(Forbidden):
        applied.accept_revision(target, HEAD, reason=reason, by=OMAR)
    applied.accept_revision(target, HEAD, reason=reason, by=ANA)
    db.session.commit()
    assert said()[0] == []
    with pytest.raises(Conflict, match="is on record as its file says"):
        applied.accept_revision(target, HEAD, reason=reason, by=ANA)
    db.session.rollback()
    entries = select(AuditEntry).where(AuditEntry.action == "revision.accepted")
    assert [each.outcome.value for each in db.session.scalars(entries)] == ["refused", "done"]
    changed.write_text(original)
    assert "was edited since an edit of it was accepted" in said()[0][0]
    changed.write_text("def upgrade(:\n")
    assert any("can't be read" in each for each in said()[0])


@pytest.mark.parametrize(
    "statement", ["DELETE FROM alembic_version", "INSERT INTO alembic_version VALUES ('ffff')"]
)
def test_an_edit_is_named_beside_a_version_table_that_a_hand_changed(app, changed, statement):
    stage.execute(stage.target_named("production"), statement)
    before = rows()
    edit(changed)

    faults, notes = said()

    assert any("was edited since" in each for each in faults), faults
    assert notes == []
    assert rows() == before, "by such a table nothing is entered"


def test_what_was_restored_away_and_applied_again_has_the_new_code(app, history):
    """Not on the scene: a restore puts another file in its place."""
    change()
    changed = History(history).revision(HEAD).file
    [backup] = backups("production")
    edit(changed)
    name, text = backup.name, "RESTORE PRODUCTION"
    back = operate("databases.restore", by=ANA, backup=name, text=text)
    assert back.is_done, back.outcome
    assert rows() == [(each, Noted.APPLIED, False) for each in APPLIED]
    present = next(e.name for e in backups("production") if e.revision == HEAD)

    run = approved(stage.start()).run
    assert operate("databases.migrate", run=run).is_done
    assert said()[0] == []

    back = operate("databases.restore", by=ANA, backup=present, text=text)
    assert back.is_done, back.outcome
    assert "was edited since it was applied" in said()[0][0], "that one ran with the first code"


def test_after_a_crash_the_code_on_record_is_what_was_rehearsed(changed):
    ticket = db.session.scalars(select(Ticket)).one()
    ran = ticket.plan.revisions[-1]["code"]
    assert ran == code_digest(changed)
    ticket.state, ticket.used_at, ticket.plan.used_at = TicketState.APPROVED, None, None
    db.session.execute(db.delete(AppliedRevision))
    db.session.commit()
    edit(changed)

    target = stage.target_named("production")
    assert settle(Change(target, ticket.number, HEAD, ticket), by=ANA)
    db.session.commit()

    assert "was edited since it was applied" in said()[0][0]


def test_development_is_followed_up_and_down_and_stamped(room, history):
    def flask(*words):
        ended = room.run("flask", "db", *words)
        assert ended.code == 0, ended.said

    assert said("development")[1] != []
    flask("downgrade", LEGACY)
    flask("upgrade", HEAD)
    assert rows()[-1] == (HEAD, Noted.APPLIED, True)
    flask("stamp", LEGACY)
    flask("stamp", HEAD)
    assert rows()[-1] == (HEAD, Noted.APPLIED, False), "nothing ran"
    assert HEAD in said("development")[1][0]


def test_a_sync_brings_what_ran_in_production_and_what_ran_on_top(app, history):
    development, production = (make_database(e) for e in ("development", "production"))
    uuids = [db.session.get(RegisteredTarget, e.name).database_uuid
             for e in (development, production)]  # fmt: skip
    applied.note_move(production, LEGACY, HEAD, codes={HEAD: "0" * 64})
    write_revision(history)
    db.session.get(RegisteredTarget, "development").revision = EXPAND
    applied.note_synced(development, uuids[1], HEAD)
    db.session.commit()

    found = [each.revision.id for each in applied.edited(development, EXPAND, uuids[0])]
    assert found == [HEAD]
    assert (EXPAND, Noted.APPLIED, True) in rows()
