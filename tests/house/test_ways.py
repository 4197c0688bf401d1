"""docs/architecture.md shows ways through the code; each is walked, and is as it says."""

import re
from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.accounts.models import Contact, Organisation
from portal.core.configuration.mail_url import mail_route
from portal.core.configuration.settings import Settings
from portal.core.storage.database import db
from portal.databases.targets.registry import control_room
from portal.emails.delivery.approval_hash import content_hash
from portal.emails.models import Message, MessageState
from portal.emails.site_letters.worker import look_after_site_letters, the_sender
from portal.emails.tasks import SEND
from portal.jobs.operations.service import perform, request_operation
from portal.runbooks.models import Run
from tests.databases import stage
from tests.databases.test_change_pages import Walk
from tests.house.tree import ROOT
from tests.support.cast import PASSWORD, log_in, make_account
from tests.support.mail import REPORT, SLUG, MailServer
from tests.support.pages import words
from tests.support.site_directory import place_directory
from tests.support.tracing import calls_in_order

PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
LINK = re.compile(r"(/signup/confirm/[\w.-]+)")
STEP = re.compile(r"^\d+\. `([^`]+\.py):([\w.]+)`", re.MULTILINE)
TEMPLATE = '---\ntitle: Update\nsubject: "The outage"\n---\nHi [Client Name],\n\nit is over.\n'


def way(title: str) -> list[str]:
    """The steps of the section with this heading, as `file.py:function`."""
    section = PAGE.split(f"\n### {title}\n")[1].split("\n##")[0]
    return [f"{file}:{name}" for file, name in STEP.findall(section)]


def first_missing(steps: list[str], calls: list[str]) -> str | None:
    """The first step that was not called after those before it; None where all were."""
    at = iter(calls)
    return next((step for step in steps if step not in at), None)


@pytest.fixture
def server() -> Iterator[MailServer]:
    with MailServer().running() as server:
        yield server


@pytest.fixture
def settings(settings: Settings, tmp_path: Path, request: pytest.FixtureRequest) -> Settings:
    folder = tmp_path / "incidents"
    (folder / "emails").mkdir(parents=True)
    (folder / f"{SLUG}.md").write_text(REPORT, encoding="utf-8")
    (folder / "emails" / "update.md").write_text(TEMPLATE, encoding="utf-8")
    changed = replace(settings, incidents_dir=folder)
    if "server" in request.fixturenames:
        url = request.getfixturevalue("server").url
        changed = replace(changed, mail=mail_route(url, data=settings.data, site_name="Studios"))
    return changed


def make_contact() -> Contact:
    organisation = Organisation(slug="acme", name="Acme")
    contact = Contact(
        name="Cleo",
        salutation="Cleo",
        email="cleo@example.com",
        organisation=organisation,
        account=make_account("cleo"),
    )
    db.session.add(contact)
    db.session.commit()
    return contact


def test_a_production_change_goes_this_way(client: FlaskClient) -> None:
    """Through the pages, as one admin who confirms twice."""
    steps = way("A change of production")
    target, ana = stage.place("production", studios=6), make_account("ana")
    log_in(client, ana)
    with calls_in_order(steps) as calls:
        client.post("/ops/migrations/production/runs", data={"reason": "release 12"})
        walk = Walk(client, db.session.scalars(select(Run)).one().id)
        for step in ("check", "backup", "rehearse"):
            walk.carry_out(step)
        plan = words(walk.page().select_one(".plan"))
        walk.act("stages/phrase", **{"stage-phrase": "migrate production"})
        assert walk.due == "confirm"
        walk.act("stages/phrase", **{"stage-phrase": "MIGRATE PRODUCTION"})
        again = walk.act("stages/second", **{"stage-second": "production"})
        assert (again.status_code, walk.due) == (422, "confirm")
        password = {"login_again_password": PASSWORD}
        walk.act("stages/second", **{"stage-second": "production"}, **password)
        if walk.due == "confirm":
            walk.act("completion")
        assert stage.revision(target) == stage.LEGACY
        walk.carry_out("migrate")
        walk.carry_out("verify")
    assert "every row as before" in plan
    assert "ALTER TABLE studios RENAME TO studio_profiles" in plan
    assert "the same studios are listed" in plan
    assert (stage.revision(target), walk.run.state) == (stage.HEAD, "done")
    assert first_missing(steps, calls) is None


def test_a_report_reaches_a_client_this_way(client: FlaskClient) -> None:
    steps = way("A report, to a client")
    make_contact()
    log_in(client, make_account("cleo"))
    with calls_in_order(steps) as calls:
        page = client.get(f"/client/incidents/{SLUG}")
    assert "It is over." in page.text
    assert first_missing(steps, calls) is None


def test_a_sign_up_reaches_its_account_this_way(client: FlaskClient, server: MailServer) -> None:
    steps = way("A sign-up, to its mail server and back")
    place_directory()
    form = {"name": "Nell Abbot", "email": "nell@example.com", "new": PASSWORD}
    with calls_in_order(steps) as calls:
        assert client.post("/signup", data=form).status_code == 303
        look_after_site_letters()
        the_sender().wait()
        (envelope,) = server.taken
        link = LINK.search(
            message_from_bytes(envelope.content, policy=default).get_body().get_content()
        )
        assert link
        assert client.post(link[1]).status_code == 303
    assert client.get("/me").status_code == 200
    assert first_missing(steps, calls) is None


def test_a_message_reaches_its_server_this_way(client: FlaskClient, server: MailServer) -> None:
    steps = way("A message, to its mail server")
    control_room(is_demo=True)
    contact = make_contact()
    log_in(client, make_account("ana"))
    with calls_in_order(steps) as calls:
        data = {"incident": SLUG, "template": "update", "contact": [str(contact.id)]}
        assert client.post("/ops/emails", data=data).status_code == 303
        message = db.session.scalars(select(Message)).one()
        seen = content_hash(message)
        client.post(f"/ops/emails/{message.id}/approval", data={"seen": seen})
        operation = request_operation(SEND, by=stage.ANA)
        db.session.commit()
        perform(operation)
    assert db.session.scalars(select(Message)).one().state is MessageState.SENT
    assert len(server.taken) == 1
    assert first_missing(steps, calls) is None
