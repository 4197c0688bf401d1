"""Notices leave once: to whom, with which words, and what is known after each way to fail."""

import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from time import monotonic

import pytest
from flask import Flask
from sqlalchemy import select, update

from portal.audit.actor import SYSTEM
from portal.core.clock import now
from portal.core.configuration.mail_url import mail_route
from portal.core.configuration.settings import Settings, settings
from portal.core.errors import Conflict, Invalid
from portal.core.storage.database import db
from portal.emails.delivery.message_bytes import letter_of
from portal.jobs.models import Operation, OperationState
from portal.jobs.operations.service import perform, request_operation
from portal.monitoring.notices.addresses import (
    add_address,
    entered_addresses,
    opened,
    remove_address,
    removed_addresses,
)
from portal.monitoring.notices.outbox import (
    LOST,
    REPLACED,
    claim_notice,
    plan_notices,
    waiting_notices,
)
from portal.monitoring.notices.sending import TOO_LONG, deliver, send_notices
from portal.monitoring.outage_tasks import SEND, TEST, email_sender, look_after_notices
from portal.monitoring.outages.models import Notice, NoticeState, Outage
from portal.monitoring.outages.service import acknowledge
from tests.monitoring.outages.scene import DOWN, SENTENCE, Night, count, minutes, outages
from tests.support.cast import make_account
from tests.support.mail import MailServer
from tests.support.webhook import Webhook


@pytest.fixture(scope="module")
def mail_server() -> Iterator[MailServer]:
    with MailServer().running() as server:
        yield server


@pytest.fixture
def server(mail_server: MailServer) -> MailServer:
    mail_server.taken.clear()
    mail_server.rcpt.clear()
    mail_server.data.clear()
    return mail_server


@pytest.fixture(scope="module")
def web_server() -> Iterator[Webhook]:
    with Webhook().running() as hook:
        yield hook


@pytest.fixture
def hook(web_server: Webhook) -> Webhook:
    web_server.bodies.clear()
    web_server.paths.clear()
    web_server.status = 200
    return web_server


@pytest.fixture
def settings_with_mail(settings: Settings, server: MailServer) -> Settings:
    route = mail_route(server.url, data=settings.data, site_name="Studios")
    return replace(settings, mail=route, base_url="https://studios.example")


@pytest.fixture
def night(app: Flask, settings_with_mail: Settings) -> Night:
    app.extensions["portal.settings"] = settings_with_mail
    make_account("ana")
    make_account("omar")
    make_account("cleo")
    night = Night(at=now())
    night.probe("home:production", public_name="Studio search")
    night.probe("schema:production")
    db.session.commit()
    return night


def send_all(**options: float) -> list[NoticeState]:
    waiting = waiting_notices()
    db.session.rollback()
    return [each.state for each in send_notices(waiting, email_sender(), **options)]


def states() -> list[NoticeState]:
    found = list(db.session.scalars(select(Notice.state).order_by(Notice.id)))
    db.session.rollback()
    return found


def add(address: str) -> None:
    add_address(address, by=make_account("ana"))
    db.session.commit()


def test_without_an_address_the_staff_gets_an_email(night: Night, server: MailServer) -> None:
    night.round(home__production=DOWN, schema__production=DOWN)
    assert send_all() == [NoticeState.SENT] * 2
    letters = [letter_of(each.content or b"") for each in server.taken]
    assert {each["To"].addresses[0].addr_spec for each in letters} == {
        "ana@example.com",
        "omar@example.com",
    }
    words = letters[0].get_body(("plain",)).get_content()
    assert letters[0]["Subject"] == "Down: Studio search is not available"
    assert SENTENCE["schema"] in words
    assert "Not published: no one outside was informed." in words
    assert f"https://studios.example/ops/outages/{outages()[0].id}" in words
    assert "Down since" in words
    assert entered_addresses() == []


def test_a_notice_by_apprise(night: Night, hook: Webhook, server: MailServer) -> None:
    add(hook.address)
    night.round(home__production=DOWN)
    assert send_all() == [NoticeState.SENT]
    (said,) = hook.messages
    assert said["title"] == "Down: Studio search is not available"
    assert "github" not in str(said)
    assert hook.paths == ["/a-token"]
    assert server.taken == []


def test_a_refused_notice_is_not_repeated_and_the_next_one_comes(
    night: Night, hook: Webhook
) -> None:
    add(hook.address)
    hook.status = 500
    night.round(home__production=DOWN)
    assert send_all() == [NoticeState.FAILED]
    assert waiting_notices() == []
    assert len(hook.bodies) == 1
    hook.status = 200
    night.pass_by(minutes(6), home__production=DOWN)
    assert send_all() == [NoticeState.SENT]
    assert "Still down" in hook.messages[-1]["title"]


def test_an_address_that_hangs_delays_no_other(night: Night, hook: Webhook) -> None:
    with Webhook().running() as slow:
        slow.hold.clear()
        add(slow.address)
        add(hook.address)
        night.round(home__production=DOWN)
        began = monotonic()
        found = send_all(limit=0.4)
        assert found == [NoticeState.SENT, NoticeState.UNKNOWN]
        assert monotonic() - began < 10
        assert states() == [NoticeState.UNKNOWN, NoticeState.SENT]
        answer = db.session.scalars(select(Notice.answer).order_by(Notice.id)).first()
        assert answer == TOO_LONG
        assert waiting_notices() == []
        db.session.rollback()


def test_a_mail_server_that_is_away_is_tried_again(night: Night, server: MailServer) -> None:
    server.rcpt.extend(["451 Later"] * 2)
    night.round(home__production=DOWN)
    assert send_all() == [NoticeState.FAILED] * 2
    assert states() == [NoticeState.WAITING] * 2
    db.session.execute(update(Notice).values(next_attempt_at=now() - timedelta(seconds=1)))
    db.session.commit()
    assert send_all() == [NoticeState.SENT] * 2
    assert len(server.taken) == 2


def test_no_answer_after_the_letter_was_handed_over(night: Night, server: MailServer) -> None:
    server.data.extend(["abort"] * 2)
    night.round(home__production=DOWN)
    assert send_all() == [NoticeState.UNKNOWN] * 2
    assert send_all() == []


def test_after_acknowledging_nothing_that_waits_is_sent(night: Night, hook: Webhook) -> None:
    add(hook.address)
    night.round(home__production=DOWN)
    send_all()
    night.pass_by(minutes(6), home__production=DOWN)
    acknowledge(outages()[0], by=make_account("omar"))
    db.session.commit()
    assert send_all() == []
    answers = list(db.session.scalars(select(Notice.answer).order_by(Notice.id)))
    assert answers[-1] == REPLACED
    night.pass_by(minutes(20), home__production=DOWN)
    assert send_all() == []
    night.pass_by(minutes(6))
    assert send_all() == [NoticeState.SENT]
    assert [each["title"].partition(":")[0] for each in hook.messages] == ["Down", "Up again"]


def test_an_older_notice_is_not_sent_after_a_newer_one(night: Night, hook: Webhook) -> None:
    add(hook.address)
    night.pass_by(minutes(7), home__production=DOWN)
    assert send_all() == [NoticeState.SENT]
    assert states() == [NoticeState.FAILED, NoticeState.SENT]
    assert len(hook.bodies) == 1


@pytest.mark.parametrize("moment", ["claimed", "sent"])
def test_a_process_that_is_killed_leaves_one_notice_in_doubt(
    night: Night, server: MailServer, moment: str
) -> None:
    night.round(home__production=DOWN)
    first, second = waiting_notices()
    db.session.rollback()
    for engine in db.engines.values():
        engine.dispose()
    child = os.fork()
    if child == 0:
        _send_and_die(first, moment)
    os.waitpid(child, 0)
    assert states() == [NoticeState.SENDING, NoticeState.WAITING]
    look_after_notices()
    assert states() == [NoticeState.UNKNOWN, NoticeState.WAITING]
    assert db.session.scalar(select(Notice.answer).where(Notice.id == first)) == LOST
    assert waiting_notices() == [second]
    assert send_all() == [NoticeState.SENT]
    look_after_notices()
    assert send_all() == []
    assert len(server.taken) == (2 if moment == "sent" else 1)
    assert count(NoticeState.UNKNOWN) == 1


def _send_and_die(notice_id: int, moment: str) -> None:
    """Without a thread: a forked process has none of its parent's."""
    try:
        claimed = claim_notice(notice_id)
        if claimed and moment == "sent":
            deliver(claimed.destination, claimed.text, email_sender())
    finally:
        os.kill(os.getpid(), signal.SIGKILL)


def test_two_workers_claim_it_once(night: Night, hook: Webhook) -> None:
    add(hook.address)
    night.round(home__production=DOWN)
    (waiting,) = waiting_notices()
    db.session.rollback()
    assert claim_notice(waiting)
    assert claim_notice(waiting) is None


def test_the_worker_queues_one_operation_that_sends(night: Night, hook: Webhook) -> None:
    add(hook.address)
    night.round(home__production=DOWN)
    look_after_notices()
    look_after_notices()
    (operation,) = db.session.scalars(select(Operation).where(Operation.kind == SEND))
    done = perform(operation)
    assert (done.state, done.outcome) == (OperationState.DONE, "1 sent.")
    assert len(hook.bodies) == 1


@pytest.mark.parametrize("status", [200, 500])
def test_a_test_notice(night: Night, hook: Webhook, status: int) -> None:
    hook.status = status
    ana = make_account("ana")
    address = add_address(hook.address, by=ana)
    operation = request_operation(TEST, by=ana, arguments={"address": address.id})
    done = perform(operation)
    is_done = done.state is OperationState.DONE
    assert is_done == (status == 200), done.outcome
    assert hook.messages[0]["title"] == "Test notice"
    assert "a-token" not in (done.outcome or "")


BAD = (
    *("", "nonsense", "syslog://", "dbus://", "file:///etc/passwd", "custom://x", "json://"),
    *("json://host /x", "json://host\n/x", "mailto://", "x" * 9000, "http://[", "slack://"),
)


@pytest.mark.parametrize("text", BAD)
def test_what_is_no_address_is_refused(app: Flask, text: str) -> None:
    with pytest.raises(Invalid) as refused:
        add_address(text, by=SYSTEM)
    assert refused.value.field == "address"


def test_an_address_is_sealed_and_shown_without_its_secrets(app: Flask) -> None:
    add("json://user:hunter2@hook.example/T0K3N?x=key")
    (address,) = entered_addresses()
    assert address.name == "json://hook.example"
    assert b"hunter2" not in address.sealed
    assert opened(address) == "json://user:hunter2@hook.example/T0K3N?x=key"
    assert add_address("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ", by=SYSTEM).name == (
        "slack://"
    ).removesuffix("://")
    with pytest.raises(Invalid):
        add("json://user:hunter2@hook.example/T0K3N?x=key")
    db.session.rollback()


def test_with_another_secret_key_the_staff_gets_the_notice_too(night: Night, app: Flask) -> None:
    add("json://user:hunter2@hook.example/T0K3N")
    app.extensions["portal.settings"] = replace(settings(), secret_key="another")
    assert opened(entered_addresses()[0]) is None
    night.round(home__production=DOWN)
    assert send_all() == [NoticeState.SENT] * 2
    answer = db.session.scalars(select(Notice.answer).order_by(Notice.id)).first()
    assert "SECRET_KEY was changed" in (answer or "")
    db.session.rollback()


def test_a_removed_address_gets_nothing_that_waits(night: Night, hook: Webhook) -> None:
    add(hook.address)
    night.round(home__production=DOWN)
    remove_address(entered_addresses()[0], by=make_account("ana"))
    db.session.commit()
    assert send_all() == []
    assert hook.bodies == []
    with pytest.raises(Conflict):
        remove_address(removed_addresses()[0], by=make_account("ana"))
    db.session.rollback()


def test_nobody_to_notify_is_logged_and_said(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    night = Night(at=now())
    night.probe("home:production")
    db.session.commit()
    night.round(home__production=DOWN)
    assert "no one to notify" in caplog.text
    assert db.session.scalars(select(Outage.notices)).one() == 1
    assert plan_notices(night.at) == 0
