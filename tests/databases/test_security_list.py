"""The lines of the security list that are about changes: each test is named after its line."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
import time_machine

from portal.accounts.models import Account, Role
from portal.accounts.service import (
    change_role,
    create_account,
    disable_account,
    enable_account,
    reset_password,
)
from portal.audit.actor import at_the_console
from portal.audit.service import Outcome, record
from portal.core.configuration.settings import ApprovalRule, Settings
from portal.core.storage.database import db
from portal.databases.changes.models import TicketState
from tests.databases import running, stage
from tests.databases.running import confirm_twice, entries, send, the_account, the_run, the_ticket
from tests.databases.scene import Scene
from tests.databases.stage import rehearsed
from tests.support.cast import log_in, make_account, password_hash
from tests.support.pages import check_page, words

CONFIRM, FIRST, SECOND = "steps/confirm", "stages/phrase", "stages/second"


@pytest.fixture(scope="module")
def scene(tmp_path_factory, empty_ops) -> Scene:
    data = tmp_path_factory.mktemp("confirmation") / "data"
    return Scene(data, empty_ops, running.at_the_confirmation)


@pytest.fixture
def settings(scene) -> Settings:
    return scene.put_back()


@pytest.fixture
def second_person(app):
    chosen = app.extensions["portal.settings"]
    object.__setattr__(chosen, "production_approval", ApprovalRule.SECOND_PERSON)


def of(app, name: str):
    client = app.test_client()
    log_in(client, the_account(name))
    return client


def type_phrase(client, text: str = running.PHRASE):
    return send(client, f"{CONFIRM}/{FIRST}", **{"stage-phrase": text})


def type_name(client, text: str = "production"):
    return send(client, f"{CONFIRM}/{SECOND}", **{"stage-second": text})


def test_04_skipping_a_step_is_409_and_audited(app):
    omar = of(app, "omar")
    assert send(omar, "steps/migrate/operation").status_code == 409
    assert send(omar, "steps/verify/completion").status_code == 409

    assert len(entries("action.requested", "refused")) == 1
    assert len(entries("step.completed", "refused")) == 1
    assert running.due() == "confirm"


def test_05_two_people_at_one_step_at_once_are_one_success_one_409_one_event(app):
    clients = [of(app, "omar"), of(app, "ana")]
    version, path = str(the_run().version), f"/ops/runs/{the_run().id}/{CONFIRM}/{FIRST}"
    for client in clients:
        client.csrf_token(path)
    db.session.commit()
    gate = Barrier(2)

    def confirm(client) -> int:
        gate.wait()
        data = {"version": version, "stage-phrase": running.PHRASE}
        return client.post(path, data=data).status_code

    with ThreadPoolExecutor(2) as pool:
        assert Counter(pool.map(confirm, clients)) == {302: 1, 409: 1}
    assert len(entries("ticket.confirmed", "done")) == 1
    assert len(entries("stage.confirmed", "done")) == 1


def test_06_a_confirmed_post_sent_again_has_no_second_effect(app):
    omar, version = of(app, "omar"), str(the_run().version)
    for expected in (302, 409, 409):
        data = {"version": version, "note": "", "stage-phrase": running.PHRASE}
        answer = omar.post(f"/ops/runs/{the_run().id}/{CONFIRM}/{FIRST}", data=data)
        assert answer.status_code == expected
    assert type_phrase(omar).status_code == 409, "with the newest version neither"

    assert len(entries("ticket.confirmed", "done")) == 1
    assert the_ticket().state is TicketState.CONFIRMED


@pytest.mark.parametrize(
    "text", ["migrate production", "MIGRATE PRODUCTION ", "MIGRATE PRODUCTI\u041eN", ""]
)
def test_07_a_phrase_that_is_nearly_right_is_refused_and_audited(app, text):
    assert type_phrase(of(app, "omar"), text).status_code == 422

    assert the_ticket().state is TicketState.OPEN
    assert len(entries("ticket.confirmed", "refused")) == 1


@pytest.mark.parametrize("who", ["omar", "ana"])
def test_08_self_approval_under_second_person_is_403_for_administrators_too(
    app, second_person, who
):
    the_account("omar").role = Role.ADMIN
    assert type_phrase(of(app, who)).status_code == 302
    if who == "ana":  # she drove nothing, and typed the phrase
        assert type_name(of(app, "omar")).status_code == 403, "he prepared and drives"

    assert type_name(of(app, who)).status_code == 403
    assert entries("ticket.approved", "refused")
    assert type_name(of(app, "eva")).status_code == 302
    assert the_ticket().state is TicketState.APPROVED


def test_08_whoever_drove_the_run_for_a_while_took_part(app, second_person):
    send(of(app, "ana"), "driver")
    send(of(app, "omar"), "driver")
    type_phrase(of(app, "omar"))

    assert type_name(of(app, "ana")).status_code == 403


def touched(account: str, action: str, outcome: Outcome = Outcome.DONE, *, by: str) -> None:
    target = f"accounts/{the_account(account).id}"
    record(action, by=the_account(by), target=target, outcome=outcome)
    db.session.commit()


@pytest.mark.parametrize(
    ("action", "outcome"),
    [
        ("password.reset", Outcome.REFUSED),
        ("password.reset", Outcome.FAILED),
        ("account.disabled", Outcome.DONE),
        ("session.ended", Outcome.DONE),
        ("login.failed", Outcome.DONE),
    ],
)
def test_40_what_gives_no_control_of_an_account_does_not_keep_it_from_approving(
    app, second_person, action, outcome
):
    touched("eva", action, outcome, by="omar")
    assert type_phrase(of(app, "omar")).status_code == 302

    assert type_name(of(app, "eva")).status_code == 302


def test_40_hands_are_followed_from_one_account_to_the_next(app, second_person):
    make_account("stranger", Role.ADMIN)
    touched("ana", "password.reset", by="omar")
    touched("stranger", "password.reset", by="ana")
    touched("eva", "password.reset", by="stranger")
    assert type_phrase(of(app, "omar")).status_code == 302

    assert type_name(of(app, "eva")).status_code == 403


def rehearsed_again() -> None:
    """Both confirmations of before are void."""
    again = stage.operate("databases.rehearse", run=the_run().uuid)
    assert again.is_done, again.outcome
    running.make_due("confirm")


def test_08_whoever_confirmed_an_earlier_plan_of_the_run_took_part(app, second_person):
    assert type_phrase(of(app, "ana")).status_code == 302
    rehearsed_again()
    assert type_phrase(of(app, "omar")).status_code == 302

    assert type_name(of(app, "ana")).status_code == 403
    assert type_name(of(app, "eva")).status_code == 302


def test_09_an_input_changed_after_the_approval_voids_it(app):
    ticket = confirm_twice()
    stage.execute(stage.target_named("production"), "UPDATE users SET display_name = 'x'")
    rehearsed(ticket.run)

    assert the_void_one(ticket.number) is TicketState.VOID
    answer = send(of(app, "omar"), "steps/migrate/operation")
    assert answer.status_code == 409
    assert "has not been confirmed" in words(check_page(answer.text))


def the_void_one(number: str) -> TicketState:
    db.session.expire_all()
    return running.tickets.ticket_numbered(number).state


def made(name: str, by, role: Role = Role.ADMIN) -> Account:
    account = create_account(
        email=f"{name}@example.com",
        name=name.capitalize(),
        role=role,
        password="a boat that nobody else knows",
        by=by,
    )
    account.password_handed_over_at = None  # changed at the first login
    return account


def promoted(by) -> Account:
    account = make_account("zoe", Role.OPS)
    change_role(account, Role.ADMIN, by=by)
    return account


def reset(by) -> Account:
    account = make_account("zoe", Role.ADMIN)
    reset_password(account, by=by)
    account.password_handed_over_at = None
    return account


def enabled(by) -> Account:
    account = make_account("zoe", Role.ADMIN)
    disable_account(account, by=by)
    enable_account(account, by=by)
    return account


def of_a_chain(by) -> Account:
    return made("zoe", made("between", by))


def inserted(_by) -> Account:
    account = Account(
        email="zoe@example.com", name="Zoe", role=Role.ADMIN, password_hash=password_hash()
    )
    db.session.add(account)
    return account


TOUCHED = {
    "made": (lambda by: made("zoe", by), "was made by Ana, who took part"),
    "promoted": (promoted, "was given its role by Ana"),
    "reset": (reset, "was given a new password by Ana"),
    "enabled": (enabled, "was enabled again by Ana"),
    "made by one whom she made": (of_a_chain, "by Between, whose own account somebody who took"),
    "made at the terminal": (lambda _by: made("zoe", at_the_console()), "by a command on"),
    "made by nobody known": (inserted, "unknown who created"),
}


@pytest.mark.parametrize("how", list(TOUCHED))
@pytest.mark.parametrize("days", [-6, 1])
def test_40_an_account_that_a_participant_made_promoted_or_reset_approves_nothing_for_a_week(
    app, second_person, how, days
):
    """Six days before the plan was locked, or since."""
    touch, why = TOUCHED[how]
    moment = the_ticket().plan.sealed_at + timedelta(days=days)
    with time_machine.travel(moment, tick=True):
        touch(the_account("ana"))
        db.session.commit()
    assert type_phrase(of(app, "ana")).status_code == 302

    zoe = of(app, "zoe")
    assert why in words(zoe.page(f"/ops/runs/{the_run().id}")), "it is said before anybody tries"
    answer = type_name(zoe)
    assert answer.status_code == 403
    free = (moment + timedelta(days=7)).strftime("locked after %Y-%m-%d %H:%M UTC")
    assert free in words(check_page(answer.text))
    assert the_ticket().state is TicketState.CONFIRMED
    [refused] = entries("ticket.approved", "refused")
    assert refused.actor_id == the_account("zoe").id


@pytest.mark.parametrize("case", ["eight days before", "by somebody else", "a demo's set-up"])
def test_40_others_approve(app, second_person, case):
    by = the_account("eva" if case == "by somebody else" else "ana")
    days = 8 if case == "eight days before" else 1
    with time_machine.travel(the_ticket().plan.sealed_at - timedelta(days=days), tick=True):
        create_account(
            email="zoe@example.com",
            name="Zoe",
            role=Role.ADMIN,
            password="a boat that nobody else knows",
            by=by,
            by_setup=case == "a demo's set-up",
        ).password_handed_over_at = None
        db.session.commit()
    type_phrase(of(app, "ana"))

    assert type_name(of(app, "zoe")).status_code == 302


def test_38_disabling_a_driver_is_allowed_and_says_which_run_goes_on(app):
    ana, omar = of(app, "ana"), f"/ops/accounts/{the_account('omar').id}"
    assert ana.post(f"{omar}/disablement").status_code == 303
    assert "goes on without its driver: somebody takes it over." in words(ana.page(omar))

    said = app.test_cli_runner().invoke(args=["accounts", "enable", "omar@example.com"])
    assert said.exit_code == 0
    said = app.test_cli_runner().invoke(args=["accounts", "disable", "omar@example.com"])
    assert "Run 1, “Migrate a production database”, goes on without its driver" in said.output
