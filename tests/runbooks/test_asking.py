"""“Send email”: one message to each person who may give the confirmation, with the link alone."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from portal.accounts.models import Role
from portal.audit.models import AuditEntry
from portal.core.clock import now
from portal.core.storage.database import db
from portal.databases.targets.registry import control_room
from portal.emails.delivery.mail_folder import MailFolder
from portal.jobs.models import Operation
from portal.jobs.operations.service import perform
from portal.runbooks.engine.registry import register_plan
from tests.runbooks.conftest import started
from tests.runbooks.test_plan import BOOK, ToyGate
from tests.support.cast import log_in, make_account
from tests.support.pages import words


@pytest.fixture
def gate() -> ToyGate:
    made = ToyGate(anothers=True)
    made.done["phrase"] = ("Omar", now())
    register_plan("toys", made)
    return made


@pytest.fixture
def run(omar, ana, gate, write):
    control_room(is_demo=True)
    db.session.commit()
    gate.others = [ana.id]
    return started(write(f"# Wind them\n\n{BOOK}"), omar)


def ask(client, run, stage="second", step="sure"):
    return client.post(f"/ops/runs/{run.id}/steps/{step}/stages/{stage}/requests")


def operations() -> list[Operation]:
    return list(db.session.scalars(select(Operation).where(Operation.kind == "approvals.ask")))


def test_each_gets_one_message_with_the_link_and_nothing_that_opens_anything(
    browser, run, gate, settings
):
    gate.others = [*gate.others, make_account("eva", Role.ADMIN).id]
    version = run.version
    assert ask(browser, run).location == f"/ops/runs/{run.id}#due"
    page = browser.page(f"/ops/runs/{run.id}")
    assert "An email goes to Ana and Eva." in words(page)
    assert "waiting Email to Eva" in words(page)
    assert [perform(each).outcome for each in operations()] == [
        "Ana was asked by email.",
        "Eva was asked by email.",
    ]
    folder = MailFolder(settings.mail.folder)
    letters = [letter for _, letter in folder.letters(folder.names())]
    assert sorted(each["To"] for each in letters) == [
        "Ana <ana@example.com>",
        "Eva <eva@example.com>",
    ]
    letter = letters[0]
    assert letter["Subject"] == "Omar asks you to approve “Wind them”"
    body = letter.get_body(("plain",)).get_content()
    links = [each for each in body.split() if "://" in each]
    assert links == [f"{settings.base_url}/ops/runs/{run.id}"]
    db.session.refresh(run)
    assert run.version == version, "the page of the one who is asked stays current"
    [entry] = db.session.scalars(
        select(AuditEntry).where(AuditEntry.action == "approval.requested")
    )
    assert (entry.actor_id, entry.outcome) == (run.driver_id, "done")


def test_nobody_gets_two_within_ten_minutes(browser, run, gate):
    assert ask(browser, run).status_code == 302
    answer = ask(browser, run)
    assert answer.status_code == 429
    assert "Too many emails to Ana. Wait 10 minutes" in answer.text
    gate.others = [*gate.others, make_account("eva", Role.ADMIN).id]
    assert ask(browser, run).status_code == 302, "who was not asked yet may be"
    with time_machine.travel(now() + timedelta(minutes=10, seconds=1), tick=False):
        assert ask(browser, run).status_code == 302
    assert [each.arguments["name"] for each in operations()] == ["Ana", "Eva", "Ana", "Eva"]


def test_only_the_driver_asks_and_only_while_it_waits(client, browser, run, gate, ana, omar):
    refused = [ask(browser, run, step="after"), ask(browser, run, stage="third")]
    gate.others = []
    refused.append(ask(browser, run))
    gate.others = [omar.id]
    refused.append(ask(browser, run))
    assert [each.status_code for each in refused] == [409] * 4
    assert "No one else has to be asked for this now." in refused[-1].text
    log_in(client, ana)
    gate.others = [ana.id]
    assert ask(client, run).status_code == 409
    log_in(client, make_account("cleo"))
    assert ask(client, run).status_code == 403
    assert operations() == []


def test_what_was_given_meanwhile_is_not_asked_for(browser, run, gate, settings):
    ask(browser, run)
    gate.others = []
    operation = perform(operations()[0])
    assert (operation.state, operation.outcome) == (
        "refused",
        "Not sent: this approval is not waited for any more.",
    )
    assert MailFolder(settings.mail.folder).names() == []


def test_without_a_mail_server_the_page_says_that_it_did_not_leave(browser, run):
    control_room(is_demo=True).is_demo = False
    ask(browser, run)
    perform(operations()[0])
    assert "MAIL_URL names no mail server" in words(browser.page(f"/ops/runs/{run.id}"))
