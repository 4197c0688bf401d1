"""A worker is killed while a letter with a private link is in the server's hands."""

import pytest
from sqlalchemy import func, select

from portal.core.storage.database import db
from portal.databases.backups.ops_database import copy_ops
from portal.emails.models import MessageLink, MessageState
from tests.emails.pages.conftest import all_messages, approve
from tests.emails.pages.test_private_links import everything, holding, key_in, opens
from tests.jobs.conftest import WorkerProcess, eventually
from tests.support.demo import mark_as_demo
from tests.support.mail import MailServer


@pytest.fixture
def server():
    with MailServer().running() as server:
        yield server


@pytest.fixture
def worker(app, settings, server, monkeypatch):
    monkeypatch.setenv("MAIL_URL", server.url)
    monkeypatch.setenv("INCIDENTS_DIR", str(settings.incidents_dir))
    worker = WorkerProcess(settings)
    yield worker
    if worker.process and worker.process.poll() is None:
        worker.kill()


def seeds() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).where(MessageLink.seed.is_not(None))) or 0


def test_killed_before_the_answer_the_key_is_nowhere_and_sent_again_the_link_is_another(
    client, settings, ana, contacts, make_drafts, worker, server
):
    mark_as_demo()
    (message,) = make_drafts(template="linked", people=contacts[:1])
    assert approve(client, message).status_code == 303
    server.hold.clear()
    worker.start()
    eventually(lambda: server.taken, within=45)
    worker.kill()
    first = key_in(server.taken[0].content)
    copy_ops()
    assert (seeds(), holding(first, *everything(settings.data))) == (1, [])
    worker.start()
    eventually(lambda: all_messages()[0].is_in_doubt, within=45)
    assert (seeds(), opens(client, first)) == (1, True)
    server.hold.set()
    assert client.post(f"/ops/emails/{message.id}/sending").status_code == 303
    eventually(lambda: all_messages()[0].state is MessageState.SENT, within=45)
    second = key_in(server.taken[1].content)
    assert (seeds(), opens(client, first), opens(client, second)) == (0, False, True)
    assert holding(first, *everything(settings.data)) == []
    assert holding(second, *everything(settings.data)) == []
