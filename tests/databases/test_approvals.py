import json
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import event, select, update

from portal.accounts.models import Account, Role
from portal.accounts.service import change_role, create_account, disable_account
from portal.audit.actor import NamedActor, at_the_console
from portal.audit.models import AuditEntry, Outcome
from portal.audit.service import record
from portal.core.clock import now
from portal.core.configuration.settings import ApprovalRule, Settings
from portal.core.errors import Conflict, Forbidden, FreshLoginNeeded, NotFound, Refused
from portal.core.storage.database import db
from portal.databases.changes import tickets
from portal.databases.changes.models import Ticket, TicketState
from portal.databases.changes.plan import plan_of_run, void_plans
from portal.databases.changes.queries import approvals_asked_of
from portal.databases.changes.ticket_requirements import (
    approvers,
    needs_another_person,
    why_not_second,
)
from portal.databases.policies.second_person import participants, why_not_somebody_else
from portal.databases.targets.registry import control_room
from portal.runbooks.engine.runs import abort_run
from portal.runbooks.models import Run, RunEvent, RunState, StepState
from tests.databases import stage
from tests.databases.scene import Scene
from tests.databases.stage import ANA, CLEO, EVA, OMAR, rehearsed
from tests.support.cast import PASSWORD, log_in, make_account
from tests.support.pages import words

pytestmark = pytest.mark.usefixtures("app")
PHRASE = "MIGRATE PRODUCTION"
HOUR = timedelta(hours=1)
AGAIN = "login_again_password"


@pytest.fixture(scope="module")
def scene(tmp_path_factory, empty_ops) -> Scene:
    return Scene(tmp_path_factory.mktemp("rehearsed") / "data", empty_ops, rehearsed_change)


def rehearsed_change() -> None:
    stage.place(studios=6)
    rehearsed(stage.start())


@pytest.fixture
def settings(scene) -> Settings:
    return scene.put_back()


@pytest.fixture
def ticket() -> Ticket:
    return db.session.scalars(select(Ticket)).one()


@pytest.fixture
def second_person(app, monkeypatch):
    for name, role in (("ana", Role.ADMIN), ("omar", Role.OPS), ("eva", Role.ADMIN)):
        make_account(name, role)  # with the ids of ANA, OMAR and EVA
    settings = app.extensions["portal.settings"]
    object.__setattr__(settings, "production_approval", ApprovalRule.SECOND_PERSON)


def confirm(ticket: Ticket, text: str = PHRASE, *, by=OMAR) -> None:
    tickets.confirm(ticket, text, by=by)


def approve(ticket: Ticket, text: str = "production", *, by=ANA, later: float = 1) -> None:
    assert ticket.confirmed_at
    at = ticket.confirmed_at + timedelta(seconds=later)
    tickets.approve(ticket, text, by=by, logged_in_at=at)


def test_the_rehearsal_issues_an_open_ticket_for_its_plan(ticket):
    assert ticket.state is TicketState.OPEN
    assert ticket.seal == plan_of_run(ticket.run).seal
    assert ticket.prepared_by == "omar"
    assert tickets.ticket_numbered(ticket.number) is ticket
    with pytest.raises(NotFound, match="There is no ticket T-9999"):
        tickets.ticket_numbered("T-9999")


def test_each_permission_is_recorded_for_its_plan_under_its_number(ticket):
    confirm(ticket)
    approve(ticket)
    assert ticket.number == "T-0001"
    for action, who in (("ticket.issued", 2), ("ticket.confirmed", 2), ("ticket.approved", 1)):
        query = select(AuditEntry.canonical).where(AuditEntry.action == action)
        entry = json.loads(db.session.scalars(query).one())
        assert (entry["subject"], entry["target"]) == (ticket.number, "production")
        assert (entry["details"], entry["actor"]["id"]) == ({"seal": ticket.seal}, who)


def test_the_phrase_confirms(ticket):
    confirm(ticket)

    assert ticket.state is TicketState.CONFIRMED
    assert ticket.confirmed_by == "omar"


@pytest.mark.parametrize(
    "text",
    [
        "migrate production",
        "Migrate Production",
        " MIGRATE PRODUCTION",
        "MIGRATE PRODUCTION ",
        "MIGRATE PRODUCTION\n",
        "MIGRATE  PRODUCTION",
        "MIGRATE\u00a0PRODUCTION",
        "MIGRATE PRODUCTI\u041eN",
        "ＭIGRATE PRODUCTION",
        "MIGRATE PRODUCTION\u200b",
        "MIGRATE",
        "",
        "\ud800",
    ],
)
def test_nearly_the_phrase_is_refused_and_recorded(ticket, text):
    with pytest.raises(Refused) as refused:
        confirm(ticket, text)

    assert ticket.state is TicketState.OPEN
    assert refused.value.refusal.action == "ticket.confirmed"
    assert refused.value.refusal.target == "production"
    assert refused.value.refusal.details == {"ticket": ticket.number, "seal": ticket.seal}


def test_a_client_may_not_confirm(ticket):
    with pytest.raises(Forbidden):
        confirm(ticket, by=CLEO)


def test_it_is_confirmed_once(ticket):
    confirm(ticket)

    with pytest.raises(Conflict):
        confirm(ticket, by=ANA)
    assert ticket.confirmed_by == "omar"


def test_an_admin_with_a_later_login_approves(ticket):
    confirm(ticket)
    approve(ticket)

    assert ticket.state is TicketState.APPROVED
    assert ticket.approved_by == "ana"


def test_the_first_confirmation_comes_first(ticket):
    with pytest.raises(Conflict):
        tickets.approve(ticket, "production", by=ANA, logged_in_at=now())


def test_ops_may_not_give_the_second_confirmation(ticket):
    confirm(ticket)

    with pytest.raises(Forbidden) as refused:
        approve(ticket, by=OMAR)
    assert refused.value.refusal.action == "ticket.approved"
    assert why_not_second(ticket, OMAR) == "An admin gives the second confirmation."
    assert why_not_second(ticket, ANA) is None


def test_without_the_time_of_the_first_confirmation_no_login_is_later(ticket):
    confirm(ticket)
    ticket.confirmed_at = None
    db.session.commit()

    with pytest.raises(FreshLoginNeeded):
        tickets.approve(ticket, "production", by=ANA, logged_in_at=now())


@pytest.mark.parametrize("later", [0, -60])
def test_an_older_login_does_not_approve(ticket, later):
    confirm(ticket, by=ANA)

    with pytest.raises(FreshLoginNeeded):
        approve(ticket, later=later)
    assert ticket.state is TicketState.CONFIRMED


@pytest.mark.parametrize("text", ["Production", "production ", "development", PHRASE, ""])
def test_nearly_the_name_is_refused(ticket, text):
    confirm(ticket)

    with pytest.raises(Refused):
        approve(ticket, text)
    assert ticket.state is TicketState.CONFIRMED


def test_the_same_admin_may_confirm_twice(ticket):
    confirm(ticket, by=ANA)
    approve(ticket, by=ANA)

    assert ticket.state is TicketState.APPROVED


def test_with_second_person_whoever_confirmed_may_not_approve(ticket, second_person):
    confirm(ticket, by=ANA)

    with pytest.raises(Forbidden):
        approve(ticket, by=ANA)
    assert ticket.state is TicketState.CONFIRMED
    approve(ticket, by=EVA)


def test_with_second_person_whoever_prepared_may_not_approve(ticket, second_person):
    ticket.prepared_by_id = ANA.id
    db.session.commit()
    confirm(ticket, by=OMAR)

    with pytest.raises(Forbidden):
        approve(ticket, by=ANA)
    assert why_not_second(ticket, ANA)
    assert why_not_second(ticket, EVA) is None


@pytest.mark.parametrize(("did", "took_part"), [("stage.confirmed", False), ("step.noted", True)])
def test_whoever_merely_tried_to_give_the_second_confirmation_took_no_part(ticket, did, took_part):
    run = db.session.scalars(select(Run)).one()
    db.session.add(RunEvent(run=run, who=EVA.name, who_id=EVA.id, action=did))
    db.session.flush()
    assert (EVA.id in participants(ticket)) is took_part
    assert OMAR.id in participants(ticket)


def test_whoever_locked_the_plan_or_explained_an_earlier_one_of_the_run_took_part(ticket):
    earlier = Ticket(
        number="T-0", plan=ticket.plan, seal=ticket.seal, run=ticket.run, state=TicketState.VOID
    )
    earlier.prepared_by, earlier.prepared_at, earlier.expires_at = "omar", now(), now()
    earlier.objects_reason_by_id = EVA.id
    db.session.add(earlier)
    ticket.plan.sealed_by_id, ticket.prepared_by_id = ANA.id, None
    db.session.commit()

    assert participants(ticket) == {ANA.id, EVA.id, OMAR.id}


def test_without_a_run_those_whom_the_ticket_names_took_part(ticket):
    ticket.run, ticket.prepared_by_id, ticket.plan.sealed_by_id = None, 11, 12
    ticket.confirmed_by_id, ticket.objects_reason_by_id = 13, 14

    assert participants(ticket) == {11, 12, 13, 14}


@pytest.mark.parametrize("actor", [at_the_console(), NamedActor("zoe", "admin", id=99)])
def test_only_an_account_can_be_the_second_person(ticket, second_person, actor):
    ticket.prepared_by_id = None
    assert why_not_somebody_else(ticket, actor) == (
        "Only an account of this control room may approve a change."
    )


TOUCHES = {
    "account.created": "was made by Ana, who took part",
    "account.role-changed": "was given its role by Ana, who took part",
    "account.enabled": "was enabled again by Ana, who took part",
    "password.reset": "was given a new password by Ana, who took part",
    "account.something-new": "was changed (account.something-new) by Ana, who took part",
    "account.disabled": None,
    "session.ended": None,
    "login.failed": None,
}


def touch(account: Account, action: str, *, by, outcome: Outcome = Outcome.DONE) -> None:
    record(action, by=by, target=f"accounts/{account.id}", outcome=outcome)


@pytest.mark.parametrize("action", TOUCHES)
def test_an_account_that_a_participant_could_use_is_no_second_person(ticket, second_person, action):
    ticket.prepared_by_id = ANA.id
    touch(make_account("omar"), action, by=ANA)
    touch(make_account("eva"), action, by=make_account("eva"))
    touch(make_account("eva"), action, by=ANA, outcome=Outcome.REFUSED)
    assert why_not_somebody_else(ticket, make_account("eva")) is None, "by themselves, or refused"

    touch(make_account("eva"), action, by=ANA)
    why, words = why_not_somebody_else(ticket, make_account("eva")), TOUCHES[action]
    assert (words in why) if words else why is None
    if words:
        at = db.session.scalars(select(AuditEntry.at).order_by(AuditEntry.seq.desc())).first()
        assert f"on {at:%Y-%m-%d %H:%M} UTC, less than 7 days before" in why
        assert f"locked after {at + timedelta(days=7):%Y-%m-%d %H:%M} UTC." in why


def test_whose_account_a_participant_could_use_passes_that_on(ticket, second_person):
    ticket.prepared_by_id = ANA.id
    zoe, eva = make_account("zoe", Role.ADMIN), make_account("eva")
    touch(eva, "password.reset", by=zoe)
    assert why_not_somebody_else(ticket, eva) is None
    touch(zoe, "password.reset", by=ANA)
    passed_on = "by Zoe, whose own account somebody who took part may use"
    assert passed_on in why_not_somebody_else(ticket, eva)


def test_a_command_at_the_machine_may_be_any_participants(ticket, second_person):
    eva = make_account("eva")
    touch(eva, "password.reset", by=at_the_console())
    assert "by a command on the control room's machine" in why_not_somebody_else(ticket, eva)


def test_an_account_of_unknown_origin_is_no_second_person_for_a_week(ticket, second_person):
    zoe = make_account("zoe", Role.ADMIN)
    zoe.created_at = ticket.plan.sealed_at
    why = why_not_somebody_else(ticket, zoe)
    assert why.startswith("It is unknown who created the account of Zoe on")
    touch(zoe, "account.role-changed", by=make_account("eva"))
    assert why_not_somebody_else(ticket, zoe) == why
    touch(zoe, "account.created", by=make_account("eva"))
    assert why_not_somebody_else(ticket, zoe) is None


@pytest.mark.parametrize("is_demo", [True, False])
def test_accounts_that_set_up_made_are_independent_in_a_demo_alone(ticket, second_person, is_demo):
    control_room().is_demo = is_demo
    ticket.prepared_by_id = ANA.id
    zoe = create_account(
        email="zoe@example.com",
        name="Zoe",
        role=Role.ADMIN,
        password="a boat that no other person knows",
        by=ANA,
        by_setup=True,
    )
    assert (why_not_somebody_else(ticket, zoe) is None) is is_demo


@pytest.mark.parametrize(
    ("moved", "is_other"), [(timedelta(0), False), (-timedelta(microseconds=1), True)]
)
def test_the_week_before_a_plan_has_an_exact_beginning(ticket, second_person, moved, is_other):
    """For what was done to an account, and for one that the audit log does not know."""
    moment = ticket.plan.sealed_at - timedelta(days=7) + moved
    eva, zoe = make_account("eva"), make_account("zoe", Role.ADMIN)
    zoe.created_at = moment
    db.session.commit()
    with time_machine.travel(moment, tick=False):
        record("password.reset", by=OMAR, target=f"accounts/{eva.id}")
        db.session.commit()

    for account in (eva, zoe):
        assert (why_not_somebody_else(ticket, account) is None) is is_other


def test_what_an_account_did_that_is_gone_counts_as_before(ticket, second_person):
    ticket.prepared_by_id = 99
    eva = make_account("eva")
    record("password.reset", by=NamedActor("zoe", "admin", id=99), target=f"accounts/{eva.id}")

    assert "by somebody, who took part" in why_not_somebody_else(ticket, eva)


def test_of_two_who_confirm_at_once_one_does(ticket):
    """The other one read the ticket before the first had confirmed it."""
    db.session.commit()
    with db.engines["ops"].begin() as other:
        other.exec_driver_sql("UPDATE tickets SET state = 'confirmed', confirmed_by = 'eva'")

    with pytest.raises(Conflict):
        tickets._move(ticket, was=TicketState.OPEN, to=TicketState.CONFIRMED, confirmed_by="omar")
    db.session.rollback()
    assert ticket.confirmed_by == "eva"


def behind_the_session(model, row, **values) -> None:
    """As another process's commit: what this session has read already is not what is there."""
    statement = update(model).where(model.id == row.id).values(**values)
    db.session.execute(statement.execution_options(synchronize_session=False))


def test_a_ticket_is_read_again_before_it_counts(ticket):
    confirm(ticket)
    approve(ticket)
    behind_the_session(Ticket, ticket, state=TicketState.VOID, voided_because="Restored.")

    with pytest.raises(Conflict, match="void: Restored"):
        tickets.require_approved(ticket)


def test_an_account_is_read_again_before_its_confirmation_counts(ticket):
    omar = make_account("omar")
    confirm(ticket, by=omar)
    assert not omar.is_disabled
    behind_the_session(Account, omar, disabled_at=now())

    with pytest.raises(Conflict, match="may not any more"):
        approve(ticket)


def test_a_ticket_of_a_run_that_is_gone_confirms_nothing(ticket):
    ticket.run = "no such run"
    db.session.commit()

    with pytest.raises(Conflict, match="was ended or aborted"):
        confirm(ticket)


def test_a_void_plan_can_neither_be_confirmed_nor_used(ticket):
    confirm(ticket)
    approve(ticket)
    void_plans("production", because="The database was restored.", by=ANA)

    with pytest.raises(Conflict, match="restored"):
        tickets.require_approved(ticket)


def test_a_plan_lasts_a_day(ticket):
    confirm(ticket)
    ticket.plan.expires_at = now()
    db.session.commit()

    with pytest.raises(Conflict, match="older than a day"):
        approve(ticket)


@pytest.mark.parametrize("state", [RunState.DONE, RunState.ABORTED])
def test_a_run_that_is_over_takes_its_ticket_with_it(ticket, state):
    db.session.scalars(select(Run)).one().state = state
    db.session.commit()

    with pytest.raises(Conflict, match="was ended or aborted"):
        confirm(ticket)


@pytest.mark.parametrize(
    ("later", "words"), [(timedelta(days=1), "older than a day"), (-HOUR, "A clock is wrong")]
)
def test_what_can_not_be_carried_out_can_not_be_confirmed_either(ticket, later, words):
    with time_machine.travel(now() + later), pytest.raises((Conflict, Refused), match=words):
        confirm(ticket)
    db.session.rollback()
    assert ticket.state is TicketState.OPEN


@pytest.mark.parametrize("column", ["objects_reason_at", "confirmed_at", "approved_at"])
def test_what_was_given_in_the_future_counts_for_nothing(ticket, column):
    confirm(ticket)
    approve(ticket)
    setattr(ticket, column, now() + timedelta(minutes=2))
    db.session.commit()

    with pytest.raises((Conflict, Refused), match="A clock is wrong"):
        tickets.require_approved(ticket)


def test_a_login_in_the_future_is_not_later_than_the_first_confirmation(ticket):
    confirm(ticket)

    with pytest.raises((Conflict, Refused), match="A clock is wrong: your login was"):
        approve(ticket, later=120)


def test_a_ticket_for_another_seal_is_rejected(ticket):
    confirm(ticket)
    ticket.seal = "0" * 64
    db.session.commit()

    with pytest.raises(Conflict, match="another plan"):
        approve(ticket)


def test_a_used_ticket_is_rejected(ticket):
    confirm(ticket)
    approve(ticket)
    tickets.mark_used(ticket)
    db.session.commit()

    with pytest.raises(Conflict, match="carried out already"):
        tickets.require_approved(ticket)


def test_a_new_rehearsal_takes_the_confirmations_with_it(ticket):
    confirm(ticket)
    approve(ticket)
    rehearsed(ticket.run)

    with pytest.raises(Conflict, match="void"):
        tickets.require_approved(ticket)
    assert tickets.ticket_of_run(ticket.run).state is TicketState.OPEN


def test_an_aborted_run_takes_its_ticket_with_it(ticket):
    confirm(ticket)
    approve(ticket)
    run = db.session.scalar(select(Run).where(Run.uuid == ticket.run))
    abort_run(run.id, version=run.version, by=OMAR, reason="Not today.")

    with pytest.raises(Conflict, match="aborted"):
        tickets.require_approved(ticket)


@pytest.mark.parametrize("who", ["omar", "ana", "zoe"])
def test_a_confirmation_ends_with_the_account_that_gave_it(ticket, who):
    """Zoe gave the reason why objects may go."""
    omar, ana = make_account("omar"), make_account("ana")
    make_account("eva", Role.ADMIN)
    zoe = make_account("zoe", Role.OPS)
    ticket.objects_reason_by_id = zoe.id
    confirm(ticket, by=omar)
    approve(ticket, by=ana)
    tickets.require_approved(ticket)

    disable_account({"omar": omar, "ana": ana, "zoe": zoe}[who], by=EVA)
    db.session.commit()

    with pytest.raises(Conflict, match=r"confirmed this change, and may not any more"):
        tickets.require_approved(ticket)


def test_the_second_confirmation_ends_with_the_admins_role(ticket):
    ana = make_account("ana")
    make_account("eva", Role.ADMIN)
    confirm(ticket)
    approve(ticket, by=ana)

    change_role(ana, Role.OPS, by=EVA)
    db.session.commit()

    with pytest.raises(Conflict, match=r"Ana confirmed this change, and may not any more"):
        tickets.require_approved(ticket)


def test_a_confirmation_by_a_disabled_account_can_not_be_approved(ticket):
    omar = make_account("omar")
    confirm(ticket, by=omar)
    disable_account(omar, by=EVA)
    db.session.commit()

    with pytest.raises(Conflict, match="may not any more"):
        approve(ticket)


def test_a_confirmation_is_asked_of_those_who_may_give_it_while_it_counts(ticket):
    omar, ana, cleo = make_account("omar"), make_account("ana"), make_account("cleo")
    assert approvals_asked_of(ana) == []
    confirm(ticket, by=omar)
    db.session.commit()
    [asked], run = approvals_asked_of(ana), db.session.scalars(select(Run)).one()
    assert asked.sentence == (
        "Omar asks you to approve “Migrate a production database” of production."
    )
    assert (asked.run_id, asked.target, asked.asked_at) == (
        run.id,
        "production",
        ticket.confirmed_at,
    )
    assert (approvals_asked_of(omar), approvals_asked_of(cleo)) == ([], [])
    omar.disabled_at = now()
    assert approvals_asked_of(ana) == []
    omar.disabled_at, run.aborted_at = None, now()
    assert approvals_asked_of(ana) == []
    run.aborted_at, ticket.plan.expires_at = None, now()
    assert approvals_asked_of(ana) == []
    ticket.plan.expires_at = now() + HOUR
    approve(ticket, by=ana)
    assert approvals_asked_of(ana) == []


def test_an_admin_who_may_confirm_twice_asks_nobody(ticket):
    make_account("eva", Role.ADMIN)
    confirm(ticket, by=make_account("ana"))
    assert approvals_asked_of(make_account("eva")) == []
    assert needs_another_person(ticket) is False


def test_with_second_person_whoever_took_part_is_not_asked(ticket, second_person):
    ana, eva = make_account("ana"), make_account("eva")
    confirm(ticket, by=ana)
    assert approvals_asked_of(ana) == []
    assert [each.asked_by for each in approvals_asked_of(eva)] == ["Ana"]
    assert approvers(ticket) == [eva]
    touch(eva, "password.reset", by=ana)
    assert (approvals_asked_of(eva), approvers(ticket)) == ([], [])


def test_home_asks_for_approvals_in_one_statement(ticket, heard):
    ana, omar = make_account("ana"), make_account("omar")
    confirm(ticket, by=omar)
    db.session.commit()
    db.session.expunge_all()
    ana = make_account("ana")
    assert ana.is_admin
    heard.clear()
    assert [each.target for each in approvals_asked_of(ana)] == ["production"]
    assert len(heard) == 1, heard


@pytest.fixture
def heard(app):
    """The statements on ops."""
    found: list[str] = []
    note = lambda *told: found.append(told[2])  # noqa: E731
    event.listen(db.engines["ops"], "before_cursor_execute", note)
    yield found
    event.remove(db.engines["ops"], "before_cursor_execute", note)


def at_its_confirmation(run: Run) -> None:
    """The work before it was done by the scene, without the run's pages."""
    for row in run.rows:
        if row.step_id in {"check", "backup", "rehearse"}:
            row.state, row.completed_at, row.completed_by = StepState.DONE, now(), "Omar"
    db.session.commit()


def test_both_persons_see_the_waiting_from_their_own_side(ticket, client, second_person):
    """Who asks reads whom they wait for; the other one is asked, and confirms in that form."""
    omar, ana, eva = (make_account(name) for name in ("omar", "ana", "eva"))
    run = db.session.scalars(select(Run)).one()
    run_page = f"/ops/runs/{run.id}"
    at_its_confirmation(run)
    log_in(client, eva)
    confirm(ticket, by=omar)
    log_in(client, omar)
    page = client.page(run_page)
    assert "Waiting for an admin: Ana or Eva." in words(page)
    assert not page.select("[name=stage-second]")
    [link] = page.select("button[data-copy^=http]")
    assert link["data-copy"].endswith(run_page)
    assert page.select_one(f"form[action='{run_page}/steps/confirm/stages/second/requests']")
    assert page.select_one("[hx-get^='/ops/runs/'][hx-trigger='every 5s']")

    log_in(client, eva).authenticated_at = ticket.confirmed_at - HOUR
    page = client.page(run_page)
    assert "Omar asks you to approve “Migrate a production database”." in words(page)
    assert page.select_one("a[href='#confirm-second']")
    assert page.select_one("#confirm-second input[name=stage-second][form=stage-form]")
    assert "Approve the change of production" in words(
        page.select_one("#confirm-second .button-danger")
    )
    assert "could not approve this change any more" in words(page.select_one("details.watching"))
    data = {"version": str(run.version), "stage-second": "production"}
    sent = f"{run_page}/steps/confirm/stages/second"
    assert client.post(sent, data=data).status_code == 422
    assert client.post(sent, data={**data, AGAIN: PASSWORD}).location == f"{run_page}#due"
    db.session.refresh(ticket)
    assert (ticket.state, ticket.approved_by) == (TicketState.APPROVED, "Eva")

    log_in(client, omar)
    assert "Waiting for an admin" not in words(client.page(run_page))


def test_where_no_account_may_approve_the_page_says_so(ticket, client):
    omar = make_account("omar")
    confirm(ticket, by=omar)
    at_its_confirmation(db.session.scalars(select(Run)).one())
    log_in(client, omar)
    page = words(client.page("/ops/runs/1"))
    assert "no account may give it. An admin gives the second confirmation." in page


def test_the_same_person_with_the_right_password_is_still_one_person(ticket, client, second_person):
    ana = make_account("ana")
    confirm(ticket, by=ana)
    run = db.session.scalars(select(Run)).one()
    at_its_confirmation(run)
    log_in(client, ana)
    data = {"version": str(run.version), "stage-second": "production", AGAIN: PASSWORD}
    answer = client.post(f"/ops/runs/{run.id}/steps/confirm/stages/second", data=data)
    assert answer.status_code == 403
    db.session.refresh(ticket)
    assert ticket.state is TicketState.CONFIRMED
    assert "login.renewed" not in db.session.scalars(select(AuditEntry.action)).all()
