"""What waits for the reader, recent activity by run, alerts from several sources, first steps."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.accounts.models import Account, Role
from portal.audit.models import Outcome
from portal.audit.service import record
from portal.control.home.alerts import sources
from portal.core.clock import now
from portal.core.configuration.settings import ApprovalRule, Settings
from portal.core.storage.database import db
from portal.databases.changes.models import Plan, Ticket, TicketState
from portal.databases.targets.registry import control_room, registered_target
from portal.documents.models import DocumentDraft, DocumentKind
from portal.incidents.live.models import LiveIncident
from portal.incidents.models import Question
from portal.runbooks.models import RunStep
from tests.control.home.test_states import run_on
from tests.databases.stage import OMAR
from tests.incidents.live.scene import draft
from tests.support.cast import log_in, make_account
from tests.support.databases import PENDING
from tests.support.pages import words
from tests.web.budgets.rows import _backups


def waiting(client: FlaskClient) -> dict[str, str]:
    section = client.page("/ops").select_one("section[aria-labelledby=waiting]")
    return {words(each.p): each.a["href"] for each in section.select("li")}


def ask_for_approval(by: Account) -> Ticket:
    """A run of that person with the first confirmation of its plan."""
    production = registered_target("production")
    assert production
    run = run_on("production", by)
    db.session.add_all([run, *_backups(0, by, production.database_uuid)])
    db.session.flush()
    ticket = db.session.scalars(select(Ticket).join(Plan).where(Plan.target == "production")).one()
    ticket.run = ticket.plan.run = run.uuid
    ticket.state = TicketState.CONFIRMED
    ticket.confirmed_by_id, ticket.confirmed_by, ticket.confirmed_at = by.id, by.name, now()
    ticket.plan.expires_at = now() + timedelta(hours=1)
    db.session.commit()
    return ticket


def test_an_admin_is_asked_for_approval_and_who_may_not_give_it_is_not(
    client: FlaskClient, ana: Account, clock
):
    omar = make_account("omar")
    ticket = ask_for_approval(omar)
    asked = "Omar asks you to approve “Book” of production. 12:00 UTC (just now)"
    assert waiting(client) == {asked: "/ops/runs/1"}
    assert asked not in words(client.get("/ops") and client.page("/client"))
    log_in(client, omar)
    assert asked not in waiting(client)
    log_in(client, ana)
    clock.shift(timedelta(hours=2))
    assert asked not in waiting(client), "the plan has expired"
    ticket = db.session.get_one(Ticket, ticket.id)
    ticket.plan.expires_at, ticket.state = now() + timedelta(hours=1), TicketState.APPROVED
    db.session.commit()
    assert asked not in waiting(client)


def test_an_open_run_is_named_once(client: FlaskClient, ana: Account):
    """In its database’s states, in what waits for who leads it, or in what needs attention."""
    omar = make_account("omar")
    runs = [run_on("production", ana), run_on("", ana), run_on("", omar)]
    for run in runs:
        run.target = run.target or None
        step = {"step_id": "one", "title": "One", "part": "steps", "position": 1}
        run.rows = [RunStep(**step, due_at=now())]
    db.session.add_all(runs)
    db.session.commit()
    page = client.page("/ops")
    places = (".states", "[aria-labelledby=waiting]", "[aria-labelledby=alerts]")
    for run, place in zip(runs, places, strict=True):
        links = page.select(f"main a[href='/ops/runs/{run.id}']")
        assert links == page.select(f"{place} a[href='/ops/runs/{run.id}']"), run.id
        assert len(links) == 1, run.id
    assert "Nothing more than what is named above." in words(page.main)


@pytest.mark.parametrize("rule", ApprovalRule)
def test_who_may_confirm_twice_asks_nobody(
    client: FlaskClient, ana: Account, settings: Settings, rule: ApprovalRule
):
    """Where a second person is required, another admin is asked, and never who confirmed."""
    object.__setattr__(settings, "production_approval", rule)
    ask_for_approval(ana)
    assert not any("asks you to approve" in each for each in waiting(client))
    log_in(client, make_account("eva", Role.ADMIN))
    is_asked = any("Ana asks you to approve" in each for each in waiting(client))
    assert is_asked is (rule is ApprovalRule.SECOND_PERSON)


def test_promises_questions_and_drafts_wait_for_whom_they_concern(
    client: FlaskClient, ana: Account, clock
):
    assert "Nothing. Confirmations that you are asked for" in words(client.page("/ops").main)
    cleo, omar = make_account("cleo"), make_account("omar")
    incident = draft()
    db.session.add_all(
        [
            Question(slug="outage", account=cleo, text="Is it over?"),
            DocumentDraft(kind=DocumentKind.REPORT, slug="outage~1", account_id=ana.id, source="x"),
            DocumentDraft(kind=DocumentKind.REPORT, slug="other", account_id=omar.id, source="x"),
        ]
    )
    db.session.commit()
    found = waiting(client)
    assert found["Cleo asks about “outage”."] == "/ops/incidents/outage?tab=questions"
    assert any("The draft “The site is down” is for staff" in each for each in found)
    own = [each for each in found if "Your draft of" in each]
    assert own == ["Your draft of “outage” is not published. 12:00 UTC (just now)"]
    incident.published_at, incident.lead_id, incident.lead = now(), omar.id, "Omar"
    incident.next_update_at = now() + timedelta(minutes=8)
    db.session.commit()
    assert not any("promised" in each for each in waiting(client)), "Omar leads, in time"
    log_in(client, omar)
    found = waiting(client)
    promised = "You promised an update of “The site is down”. By 12:08 UTC (in 8 minutes)"
    assert found[promised] == "/ops/incidents/live/2026-01-01-abcdef#composer"
    log_in(client, ana)
    clock.shift(timedelta(minutes=9))
    assert any("Omar promised an update" in each for each in waiting(client))
    assert db.session.scalars(select(LiveIncident)).one() is not None


def test_entries_of_a_run_are_together_and_what_is_no_news_is_left_out(
    client: FlaskClient, ana: Account
):
    for action, details in (
        ("run.started", {"run": 12}),
        ("step.completed", {"run": 12, "step": "Check"}),
        ("account.created", {}),
        ("stage.confirmed", {"run": 12, "step": "Confirm"}),
        ("operation.started", {"kind": "databases.backup"}),
        ("operation.finished", {"kind": "databases.backup"}),
    ):
        outcome = {"stage.confirmed": Outcome.REFUSED, "operation.started": Outcome.INTENT}
        subject = "operations/1" if action.startswith("operation") else None
        record(action, subject, by=OMAR, details=details, outcome=outcome.get(action, Outcome.DONE))
    db.session.commit()
    client.get("/ops")
    items = client.page("/ops").select(".lately > li")
    lines = [words(each.a) for each in items]
    assert lines[0].startswith("omar finished")
    assert lines[1] == "omar tried to confirm step “Confirm” of run 12"
    assert words(items[1].summary) == "2 more of run 12"
    assert lines[2].startswith("omar created")
    assert not any("started “" in each or "read the audit log" in each for each in lines)


def test_a_source_that_fails_ends_no_other_and_is_named(
    client: FlaskClient, ana: Account, monkeypatch: pytest.MonkeyPatch
):
    def of_clouds(seen):
        yield sources.Alert("It rains.", "Look", "/ops", is_grave=True)
        raise KeyError("sky")

    monkeypatch.setattr(sources, "SOURCES", (of_clouds, *sources.SOURCES))
    said = words(client.page("/ops").select_one("section[aria-labelledby=alerts]"))
    assert "It rains." in said
    assert "It is unknown whether anything is wrong with clouds: KeyError." in said
    assert f"Production is {len(PENDING)} changes behind." in said


def test_the_first_steps_follow_the_records_until_the_reader_dismisses_them(
    client: FlaskClient, ana: Account
):
    def points() -> dict[str, bool]:
        found = client.page("/ops").select(".first-steps li")
        return {words(each.a): "is-done" in each.get("class", []) for each in found}

    told = [
        "See that it is down",
        "Read why",
        "Change safely",
        "Tell the client",
        "Look at the log",
    ]
    assert points() == dict.fromkeys(told, False)
    client.get("/ops/audit")
    db.session.add(run_on("production", ana))
    db.session.flush()
    incident = draft()
    incident.published_at, incident.audience = now(), "clients"
    db.session.commit()
    assert points() == dict.fromkeys(told, False) | {
        "Tell the client": True,
        "Look at the log": True,
    }
    assert client.post("/ops/first-steps/dismissal").location == "/ops"
    assert points() == {}
    log_in(client, make_account("omar"))
    assert points() == dict.fromkeys(told, False) | {"Tell the client": True}, "he read no log"
    control_room().is_demo = False
    db.session.commit()
    assert points() == {}
    log_in(client, make_account("cleo"))
    assert client.post("/ops/first-steps/dismissal").status_code == 403
