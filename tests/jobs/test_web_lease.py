"""A site under gunicorn: each of its processes holds a lease, and gives it back."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from portal.core.configuration.settings import ROOT, Settings
from portal.core.storage.database import db
from portal.directory.revisions import SERVES
from portal.jobs.leases.holder import live_leases
from tests.jobs.conftest import eventually
from tests.support.line import asked, free_port
from tests.support.log import LogLine, log_lines


@pytest.fixture
def site(app: Flask, settings: Settings) -> Iterator[subprocess.Popen[bytes]]:
    port = str(free_port())
    env = {
        **os.environ,
        "PORTAL_DATA": str(settings.data),
        "SECRET_KEY": "for tests",
        "PORTAL_ENV": "production",
        "PORT": port,
        "ACCESS_LOG": "yes",
    }
    command = [sys.executable, "-m", "gunicorn", "wsgi:app", "--bind", f"127.0.0.1:{port}"]
    with (settings.data / "site.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=log, stderr=log)
    yield process
    if process.poll() is None:
        process.kill()
        process.wait()


def test_it_is_counted_before_its_first_request_until_it_ends(
    site: subprocess.Popen[bytes], settings: Settings
) -> None:
    """And what an operator reads of it: start, one line for a 503 that lasts, requests, stop."""
    eventually(lambda: live_leases("production"))
    [lease] = live_leases("production")
    assert (lease.kind, lease.serves) == ("web", sorted(SERVES))
    assert lease.pid != site.pid
    db.session.rollback()
    port = int(str(site.args[-1]).rpartition(":")[2])
    assert [asked(port, path).status for path in ("/studios?q=whisper", "/readyz") * 20] == [
        503
    ] * 40
    site.send_signal(signal.SIGTERM)
    assert site.wait(timeout=30) == 0
    assert live_leases("production") == []
    read_log(log_lines(settings.data / "site.log"), lease.pid, settings.data / "production.sqlite3")


def read_log(lines: list[LogLine], pid: int, file: Path) -> None:
    requests = [each for each in lines if each.logger == "portal.serving.access"]
    assert len(requests) == 40
    assert len({each.about for each in requests}) == 40
    assert requests[0].message.startswith("GET /studios 503, ")
    said = {"portal.serving", "portal.app", "portal.web.request_log"}
    others = [each for each in lines if each.logger in said]
    reason = f"There is no database at {file}, and production should be there."
    assert [(each.process, each.level, each.message) for each in others] == [
        ("gunicorn", "INFO", others[0].message),
        ("web", "WARNING", f"{others[1].message.partition(', but')[0]}, but not yet: {reason}"),
        ("web", "WARNING", f"Answered with 503: {reason}"),
        ("web", "INFO", "Stopped: this process has answered what it had begun."),
        ("gunicorn", "INFO", "Stopped."),
    ]
    assert others[2].about == requests[0].about
    assert all(each.target == "target=production" for each in lines if each.process == "web")
    assert {each.pid for each in lines if each.process == "web"} == {pid}
