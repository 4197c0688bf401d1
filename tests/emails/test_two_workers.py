"""Two whole workers on one outbox, as on two machines: each message leaves once."""

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from flask import Flask

from portal.app import create_app
from portal.audit.actor import SYSTEM
from portal.control.setup import prepare_ops
from portal.core.configuration.settings import Settings, load_settings
from portal.core.storage.database import db
from portal.emails.models import Message, MessageState
from portal.emails.tasks import SEND
from portal.jobs.operations.service import request_operation
from tests.jobs.conftest import WorkerProcess, eventually
from tests.support.mail import MailServer, put_report, waiting_message
from tests.support.ops_on_postgres import postgres_ops

__all__ = ["postgres_ops"]
NAMES = ("Ada", "Ben", "Cleo", "Dora", "Emil", "Fay")


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """One control room's database, which both workers use."""
    address = f"sqlite:///{tmp_path / 'data' / 'ops.sqlite3'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_ops")
        address = url.render_as_string(hide_password=False)
    given = {"PORTAL_DATA": str(tmp_path / "data"), "OPS_DATABASE_URL": address}
    return load_settings({**given, "SECRET_KEY": "for tests"})


@pytest.fixture
def server() -> Iterator[MailServer]:
    with MailServer().running() as server:
        yield server


@pytest.fixture
def workers(
    settings: Settings, tmp_path: Path, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> Iterator[list[WorkerProcess]]:
    """Each with its own queue and files."""
    monkeypatch.setenv("MAIL_URL", server.url)
    address = settings.ops_url.render_as_string(hide_password=False)
    monkeypatch.setenv("OPS_DATABASE_URL", address)
    (tmp_path / "second").mkdir()
    second = replace(settings, data=tmp_path / "second")
    put_report(data=second.data)
    workers = [WorkerProcess(settings), WorkerProcess(second)]
    yield workers
    for worker in workers:
        if worker.process and worker.process.poll() is None:
            worker.kill()


@pytest.fixture
def control_room(settings: Settings) -> Iterator[Flask]:
    settings.data.mkdir(parents=True)
    app = create_app(settings)
    with app.app_context():
        if settings.ops_url.get_backend_name() == "sqlite":
            prepare_ops()
        yield app
        db.session.remove()
        for engine in db.engines.values():
            engine.dispose()


def worker_at(message: Message) -> int | None:
    """The worker whose child is handing this message over."""
    for attempt in message.tries:
        with suppress(psutil.NoSuchProcess):
            return psutil.Process(int((attempt.process or "").split(":")[1])).ppid()
    return None


@pytest.mark.usefixtures("control_room")
def test_two_workers_deliver_each_message_once_and_one_ends_what_the_other_leaves(
    workers: list[WorkerProcess], server: MailServer
) -> None:
    server.hold.clear()
    ids = [waiting_message(name).id for name in NAMES]
    for _ in range(4):  # a worker has two hands for quick operations
        request_operation(SEND, by=SYSTEM)
    db.session.commit()
    first, second = (worker.start() for worker in workers)
    eventually(lambda: len(server.taken) == 4, within=50)
    messages = [db.session.get_one(Message, each) for each in ids]
    at = {each.id: worker_at(each) for each in messages if each.tries}
    db.session.rollback()
    assert Counter(at.values()) == {first.pid: 2, second.pid: 2}
    first.kill()
    server.hold.set()
    eventually(lambda: all(each.sent_at or each.is_in_doubt for each in messages), within=50)
    in_doubt = {each.id for each in messages if each.is_in_doubt}
    assert in_doubt == {each for each, pid in at.items() if pid == first.pid}
    assert all(each.state is MessageState.SENT for each in messages if each.id not in in_doubt)
    recipients = [to for envelope in server.taken for to in envelope.rcpt_tos]
    assert sorted(recipients) == sorted(f"{name.lower()}@client.example" for name in NAMES)
