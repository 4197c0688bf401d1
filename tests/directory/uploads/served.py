"""A real server with a demo directory, and owners who are logged in to its site."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from portal.app import create_app
from portal.core.configuration.settings import load_settings
from portal.core.storage.database import db
from tests.directory.uploads.conftest import owner
from tests.house.tree import ROOT
from tests.support.line import free_port, gunicorn
from tests.support.owners import log_in_site


@dataclass
class Served:
    """`cookies`: of the owners, each as a request sends it."""

    port: int
    cookies: list[str]


@contextmanager
def served(folder: Path, *, owners: int) -> Iterator[Served]:
    """One process, as `make run` starts it."""
    port = free_port()
    told = {"PORTAL_DATA": str(folder / "data"), "SECRET_KEY": "only for tests", "PORT": str(port)}
    env = os.environ | told
    words = [sys.executable, "-m", "flask", "portal", "setup", "--demo", "--studios", "30"]
    subprocess.run(words, cwd=ROOT, env=env, check=True, capture_output=True)
    cookies = _logged_in(told, owners)
    with gunicorn(port, "wsgi:app", env=env, log=folder / "log"):
        yield Served(port, cookies)


def _logged_in(told: dict[str, str], owners: int) -> list[str]:
    app = create_app(load_settings(told))
    app.testing = True
    cookies = []
    with app.app_context():
        for number in range(owners):
            client = app.test_client()
            log_in_site(client, owner(f"owner{number}@example.com", f"Studio of owner {number}"))
            found = client.get_cookie("portal_site", path="/")
            assert found is not None
            cookies.append(f"portal_site={found.value}")
        db.session.remove()
        for engine in db.engines.values():
            engine.dispose()
    return cookies
