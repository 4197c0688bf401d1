"""A site under gunicorn: each of its processes holds a lease, and gives it back."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest
from flask import Flask

from portal.core.configuration.settings import ROOT, Settings
from portal.core.storage.database import db
from portal.directory.revisions import SERVES
from portal.jobs.leases.holder import live_leases
from tests.jobs.conftest import eventually


@pytest.fixture
def site(app: Flask, settings: Settings) -> Iterator[subprocess.Popen[bytes]]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    env = {
        **os.environ,
        "PORTAL_DATA": str(settings.data),
        "SECRET_KEY": "for tests",
        "PORTAL_ENV": "production",
        "PORT": port,
    }
    command = [sys.executable, "-m", "gunicorn", "wsgi:app"]
    process = subprocess.Popen(command, cwd=ROOT, env=env, stderr=subprocess.DEVNULL)
    yield process
    if process.poll() is None:
        process.kill()
        process.wait()


def test_it_is_counted_before_its_first_request_until_it_ends(
    site: subprocess.Popen[bytes],
) -> None:
    eventually(lambda: live_leases("production"))
    [lease] = live_leases("production")
    assert (lease.kind, lease.serves) == ("web", sorted(SERVES))
    assert lease.pid != site.pid
    db.session.rollback()
    site.send_signal(signal.SIGTERM)
    assert site.wait(timeout=30) == 0
    assert live_leases("production") == []
