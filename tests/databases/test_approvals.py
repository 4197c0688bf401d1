from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from portal.accounts.models import Role
from portal.accounts.service import change_role, disable_account
from portal.core.clock import now
from portal.core.configuration.settings import ApprovalRule, Settings
from portal.core.errors import Conflict, Forbidden, FreshLoginNeeded, Refused
from portal.core.storage.database import db
from portal.databases.changes import tickets
from portal.databases.changes.models import Ticket, TicketState
from portal.databases.changes.plan import plan_of_run, void_plans
from portal.databases.policies.second_person import participants
from portal.runbooks.engine.runs import abort_run
from portal.runbooks.models import Run, RunEvent, RunState
from tests.databases import stage
from tests.databases.scene import Scene
from tests.databases.stage import ANA, CLEO, EVA, OMAR, rehearsed
from tests.support.cast import make_account

pytestmark = pytest.mark.usefixtures("app")
PHRASE = "MIGRATE PRODUCTION"
HOUR = timedelta(hours=1)


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
    assert tickets.why_not_second(ticket, ANA)
    assert tickets.why_not_second(ticket, EVA) is None


@pytest.mark.parametrize(("did", "took_part"), [("stage.confirmed", False), ("step.noted", True)])
def test_whoever_merely_tried_to_give_the_second_confirmation_took_no_part(ticket, did, took_part):
    run = db.session.scalars(select(Run)).one()
    db.session.add(RunEvent(run=run, who=EVA.name, who_id=EVA.id, action=did))
    db.session.flush()
    assert (EVA.id in participants(ticket)) is took_part
    assert OMAR.id in participants(ticket)


def test_of_two_who_confirm_at_once_one_does(ticket):
    """The other one read the ticket before the first had confirmed it."""
    db.session.commit()
    with db.engines["ops"].begin() as other:
        other.exec_driver_sql("UPDATE tickets SET state = 'confirmed', confirmed_by = 'eva'")

    with pytest.raises(Conflict):
        tickets._move(ticket, was=TicketState.OPEN, to=TicketState.CONFIRMED, confirmed_by="omar")
    db.session.rollback()
    assert ticket.confirmed_by == "eva"


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


@pytest.mark.parametrize("who", ["omar", "ana"])
def test_a_confirmation_ends_with_the_account_that_gave_it(ticket, who):
    omar, ana = make_account("omar"), make_account("ana")
    make_account("eva", Role.ADMIN)
    confirm(ticket, by=omar)
    approve(ticket, by=ana)
    tickets.require_approved(ticket)

    disable_account({"omar": omar, "ana": ana}[who], by=EVA)
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


def test_nobody_approves_what_somebody_confirmed_who_was_disabled_since(ticket):
    omar = make_account("omar")
    confirm(ticket, by=omar)
    disable_account(omar, by=EVA)
    db.session.commit()

    with pytest.raises(Conflict, match="may not any more"):
        approve(ticket)
