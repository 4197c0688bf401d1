"""Objects that a change takes away unsaid: in the plan, before the approval, under the lock."""

import json
from datetime import timedelta

import click
import pytest
from click.testing import CliRunner
from sqlalchemy import select

from portal.audit.models import AuditEntry
from portal.core.clock import now
from portal.core.errors import Conflict, Forbidden, Refused
from portal.core.storage.database import db
from portal.databases.changes import tickets
from portal.databases.changes.models import TicketState
from portal.databases.changes.plan import require_unchanged
from portal.databases.cli import change
from portal.databases.cli.change import described
from portal.databases.engines import engine_for
from portal.databases.policies.second_person import participants
from portal.databases.targets.registry import control_room
from portal.jobs.models import OperationState
from tests.databases import running, stage
from tests.databases.revising import EXPAND, write_revision
from tests.databases.running import send
from tests.databases.stage import ANA, CLEO, OMAR
from tests.support.cast import PASSWORD, log_in
from tests.support.databases import HEAD, make_database
from tests.support.pages import check_page, words

pytestmark = pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")  # told to nobody
TRIGGER = "CREATE TRIGGER tr_motto AFTER UPDATE ON studio_profiles BEGIN SELECT 1; END"
INDEX = "CREATE INDEX ix_lower ON studio_profiles (lower(city))"
REBUILD = (
    "with op.batch_alter_table('studio_profiles', recreate='always',"
    " table_kwargs={'sqlite_autoincrement': True}) as batch:\n"
    "    batch.add_column(sa.Column('motto', sa.String(80)))\n"
    "op.execute(\"UPDATE sqlite_sequence SET seq = 999 WHERE name = 'studio_profiles'\")"
)
BACK = "op.execute('ALTER TABLE studio_profiles DROP COLUMN motto')"
LOST = ["Index ix_lower on studio_profiles goes.", "Trigger tr_motto on studio_profiles goes."]
WHY = "Search no longer folds cities, and nobody reads the motto’s log."
MORE_IN_PRODUCTION = (
    "file = op.get_bind().exec_driver_sql('PRAGMA database_list').first()[2]\n"
    "if file.endswith('production.sqlite3'):\n"
    "    op.get_bind().connection.driver_connection.execute('DROP TRIGGER tr_motto')"
)


@pytest.fixture
def production(app, history):
    """Production at this release's revision, with a trigger and an index on an expression."""
    control_room(is_demo=True)
    target = make_database("production", HEAD, studios=6)
    for sql in (TRIGGER, INDEX):
        stage.execute(target, sql)
    stage.make_known(target)
    return target


def entries(action: str) -> list[AuditEntry]:
    query = select(AuditEntry).where(AuditEntry.action == action).order_by(AuditEntry.seq)
    return list(db.session.scalars(query))


def rehearsed(history, upgrade: str = REBUILD, downgrade: str = BACK):
    write_revision(history, upgrade=upgrade, downgrade=downgrade)
    stage.rehearsed(stage.start())
    return running.the_ticket()


def test_the_plan_lists_them_and_no_confirmation_is_taken_without_a_reason(production, history):
    ticket = rehearsed(history)

    assert [each["sentence"] for each in ticket.plan.objects["unnamed"]] == LOST
    said = described(ticket.plan)
    for sentence in LOST:
        assert f"  {EXPAND}: {sentence}" in said
    assert "were compared: 2 go or change that no operation of a revision names." in said
    assert "a downgrade leaves another schema. Index ix_lower on studio_profiles goes." in said

    with pytest.raises(
        Refused, match=r"needs a reason first: .*tr_motto on studio_profiles goes"
    ) as refused:
        tickets.confirm(ticket, "MIGRATE PRODUCTION", by=OMAR)
    assert refused.value.remedy == "Say why that may go, or prepare the change again."
    ticket.state, ticket.confirmed_at = TicketState.CONFIRMED, now()
    db.session.commit()
    with pytest.raises(Refused, match="needs a reason first"):
        tickets.approve(ticket, "production", by=ANA, logged_in_at=now() + timedelta(seconds=1))
    ticket.state = TicketState.APPROVED
    db.session.commit()
    assert stage.operate("databases.migrate", run=ticket.run).state is OperationState.REFUSED
    assert stage.revision(production) == stage.HEAD


def test_the_reason_is_recorded_with_the_change_and_what_went(production, history):
    write_revision(history, upgrade=REBUILD, downgrade=BACK)
    ticket = stage.approved(stage.start(), why=f"  {WHY} ")
    operation = stage.operate("databases.migrate", run=ticket.run)

    assert operation.is_done, operation.outcome
    assert operation.result["objects_reason"] == WHY
    assert [each["sentence"] for each in operation.result["unnamed"]] == LOST
    assert f"{LOST[1]} The reason given: {WHY}" in operation.result["sentence"]
    [given] = entries("ticket.objects-explained")
    assert LOST[1] in given.canonical
    assert json.loads(given.canonical)["reason"] == WHY
    assert json.loads(given.canonical)["details"] == {
        "seal": ticket.seal,
        "objects": " ".join(f"{EXPAND}: {each}" for each in LOST),
    }
    assert json.loads(entries("ticket.approved")[0].canonical)["reason"] == WHY
    assert LOST[1] in entries("migration.finished")[-1].canonical
    assert stage.operate("databases.verify", run=ticket.run).is_done


def test_what_goes_beyond_the_approved_undoes_everything(production, history):
    upgrade = f"op.execute('ALTER TABLE users ADD COLUMN motto TEXT')\n{MORE_IN_PRODUCTION}"
    write_revision(history, upgrade=upgrade)
    ticket = stage.approved(stage.start())
    assert ticket.plan.objects["unnamed"] == []
    before = stage.content(production)

    operation = stage.operate("databases.migrate", run=ticket.run)

    assert operation.state is OperationState.REFUSED
    assert "Trigger tr_motto on studio_profiles goes. All of it was undone." in operation.outcome
    assert stage.content(production) == before
    with engine_for(production.url).reading() as connection:
        assert "trigger tr_motto" in engine_for(production.url).schema_objects(connection)
    assert ticket.state is TicketState.APPROVED


def test_the_run_asks_for_the_reason_at_its_field_and_keeps_what_was_typed(
    client, production, history
):
    running.cast()
    rehearsed(history)
    running._done("check", "backup", "rehearse")
    log_in(client, running.the_account("omar"))
    place = "steps/confirm/stages"
    page = client.page(f"/ops/runs/{running.the_run().id}")
    plan = words(page.select_one(".plan"))
    assert all(sentence in plan for sentence in LOST)
    assert page.find(id="stage-objects").name == "textarea"

    answer = send(client, f"{place}/phrase", **{"stage-phrase": "MIGRATE PRODUCTION"})
    assert answer.status_code == 409
    for typed in ("", "x" * 501, "  "):
        page = check(send(client, f"{place}/objects", **{"stage-objects": typed}))
        field = page.find(id="stage-objects")
        assert field.text.strip("\n") == typed
        assert "stage-objects-error" in field["aria-describedby"]
        assert page.find(id="stage-objects-error")
    assert send(client, f"{place}/objects", **{"stage-objects": WHY}).status_code == 302
    page = client.page(f"/ops/runs/{running.the_run().id}")
    assert WHY in words(page.main)
    answer = send(client, f"{place}/phrase", **{"stage-phrase": "MIGRATE PRODUCTION"})
    assert answer.status_code == 302
    assert running.the_ticket().state is TicketState.CONFIRMED


def test_development_is_changed_all_the_same_and_it_is_said(app, history):
    control_room(is_demo=True)
    stage.execute(make_database("development", HEAD), TRIGGER)
    stage.make_known(stage.target_named("development"))
    write_revision(history, upgrade=REBUILD, downgrade=BACK)

    operation = stage.operate("databases.migrate", target="development")

    assert operation.is_done, operation.outcome
    assert f"No operation of a revision names this: {LOST[1]}" in operation.result["sentence"]
    assert LOST[1] in entries("migration.finished")[-1].canonical


def check(answer):
    assert answer.status_code == 422
    return check_page(answer.text)


def test_a_terminal_asks_for_it_before_the_phrase(production, history):
    running.cast()
    number = rehearsed(history).number

    @click.command()
    def confirmed():
        change._confirmed(tickets.ticket_numbered(number), by=OMAR)

    typed = [WHY, "MIGRATE PRODUCTION", "ana@example.com", PASSWORD, "production"]
    result = CliRunner().invoke(confirmed, input="\n".join(typed))

    assert "Why may these objects go or change" in result.output
    assert result.exit_code == 0, result.output
    assert running.the_ticket().state is TicketState.APPROVED
    assert running.the_ticket().objects_reason == WHY


def test_whoever_gave_it_took_part_and_only_staff_may(production, history):
    ticket = rehearsed(history)
    with pytest.raises(Forbidden):
        tickets.explain_objects(ticket, WHY, by=CLEO)
    tickets.explain_objects(ticket, "x" * 500, by=ANA)
    assert ANA.id in participants(ticket)
    tickets.confirm(ticket, "MIGRATE PRODUCTION", by=OMAR)
    with pytest.raises(Conflict, match="is confirmed, and needs to be open"):
        tickets.explain_objects(ticket, WHY, by=OMAR)
    assert [each["revision"] for each in ticket.plan.objects["unnamed"]] == [EXPAND, EXPAND]

    ticket.plan.objects = {**ticket.plan.objects, "unnamed": []}
    with (
        engine_for(production.url).reading() as connection,
        pytest.raises(Refused, match="the stored plan was edited"),
    ):
        require_unchanged(ticket.plan, connection)


def test_what_is_named_needs_no_reason_and_what_was_not_compared_does(production, history):
    ticket = rehearsed(
        history,
        "op.execute('DROP TRIGGER tr_motto')\nop.drop_index('ix_lower')",
        f"op.execute({TRIGGER!r})\nop.execute({INDEX!r})",
    )
    assert ticket.plan.objects["unnamed"] == []
    assert "none goes or changes that no operation of a revision names" in described(ticket.plan)
    assert "tables every row as before" in ticket.plan.way_back
    assert (
        "The rows of derived_search_text, portal_maintenance were not compared."
        in ticket.plan.way_back
    )
    with pytest.raises(Conflict, match="named by an operation"):
        tickets.explain_objects(ticket, WHY, by=OMAR)

    ticket.plan.objects = None
    db.session.commit()
    assert "were not compared when this plan was made" in described(ticket.plan)
    with pytest.raises(Refused, match="They were not compared") as refused:
        tickets.confirm(ticket, "MIGRATE PRODUCTION", by=OMAR)
    assert refused.value.remedy == "Prepare the change again: then they are compared."
