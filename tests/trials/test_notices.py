"""Notices from a real worker: sent by its child, and in doubt once if that is killed meanwhile."""

import os
import signal

import pytest
from flask import Flask
from sqlalchemy import select

from portal.core.clock import now
from portal.core.configuration.settings import Settings
from portal.core.storage.database import db
from portal.jobs.models import Operation, OperationState
from portal.monitoring.notices.addresses import add_address
from portal.monitoring.outage_tasks import SEND
from portal.monitoring.outages.models import Notice, NoticeState
from tests.jobs.conftest import WorkerProcess, eventually
from tests.monitoring.outages.scene import DOWN, Night
from tests.support.cast import make_account
from tests.support.waiting import wait_until
from tests.support.webhook import Webhook


@pytest.mark.parametrize("is_killed", [False, True])
def test_a_notice_leaves_at_most_once(
    app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch, is_killed: bool
) -> None:
    night = Night(at=now())
    night.probe("home:production", public_name="Studio search")
    db.session.commit()
    with Webhook().running() as hook:
        monkeypatch.setenv("HEARTBEAT_URL", f"http://127.0.0.1:{hook.port}/heartbeat")
        worker = WorkerProcess(settings)
        worker.secret_key = "only for tests"
        worker.start().ready()
        worker.warm()
        try:
            add_address(hook.address, by=make_account("ana"))
            db.session.commit()
            hook.hold.clear() if is_killed else None
            night.at = now()
            night.round(home__production=DOWN)
            db.session.rollback()
            wait_until(lambda: "/a-token" in hook.paths)
            if is_killed:
                _kill_the_sender()
            hook.hold.set()
            ending = NoticeState.UNKNOWN if is_killed else NoticeState.SENT
            eventually(lambda: db.session.scalar(select(Notice.state)) is ending)
            wait_until(lambda: "/heartbeat" in hook.paths)
            assert hook.paths.count("/a-token") == 1
        finally:
            worker.kill()


def _kill_the_sender() -> None:
    query = select(Operation.pid).where(
        Operation.kind == SEND, Operation.state == OperationState.RUNNING
    )
    pid = db.session.scalar(query)
    db.session.rollback()
    assert pid
    os.kill(pid, signal.SIGKILL)
