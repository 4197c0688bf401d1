"""The product as the guide sets it up for two system users: a site and a worker at work."""

import json
import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from http.cookiejar import CookieJar
from pathlib import Path

import pytest

from tests.journeys.stack import _two_free_ports, fetch_status
from tests.support.commands import ROOT

GROUP, WORKER, SITE = 60200, 60201, 60202
SECRET = "only-the-worker-has-this"
ASK = """
import time, wsgi
from portal.audit.actor import SYSTEM
from portal.core.storage.database import db
from portal.jobs.models import Operation
from portal.jobs.operations.service import request_operation
with wsgi.app.app_context():
    asked = request_operation("databases.backup", by=SYSTEM, target="development")
    db.session.commit()
    number = asked.id
    for _ in range(600):
        db.session.rollback()
        found = db.session.get(Operation, number, populate_existing=True)
        if found.is_finished:
            break
        db.session.rollback()
        time.sleep(0.1)
    print(found.state, found.outcome)
"""
BEGINS = "import subprocess, sys, flask; subprocess.run([sys.executable, '-c', ''], check=True)"
READ = """
import sys
try:
    print("read", len(open(sys.argv[1], "rb").read()))
except OSError as error:
    print(type(error).__name__)
"""


def python_for_all() -> dict[str, str] | None:
    """The words of a Python that any system user may run, with the installed packages."""
    here = f"python{sys.version_info.major}.{sys.version_info.minor}"
    packages = next(each for each in sys.path if each.endswith("site-packages"))
    for program in (sys.executable, f"/usr/bin/{here}", f"/usr/local/bin/{here}"):
        words = ["setpriv", f"--reuid={SITE}", f"--regid={SITE}", "--clear-groups", program]
        env = {"PATH": os.environ["PATH"], "PYTHONPATH": f"{packages}:{ROOT}"}
        done = subprocess.run([*words, "-c", BEGINS], env=env, cwd="/", check=False,
                              capture_output=True)  # fmt: skip
        if done.returncode == 0:
            return {"program": program, **env}
    return None


@pytest.fixture(scope="module")
def place() -> Iterator["Place"]:
    if os.geteuid() != 0:
        pytest.skip("Only root can run as two other users.")
    if not (python := python_for_all()):
        pytest.skip("No Python here can be run by every system user.")
    top = Path(tempfile.mkdtemp(prefix="two-users-"))
    top.chmod(0o755)
    data = top / "data"
    data.mkdir()
    os.chown(data, WORKER, GROUP)
    data.chmod(0o2770)
    place = Place(data, python)
    made = place.run(WORKER, "-m", "flask", "portal", "setup", "--demo", "--studios", "20")
    assert made.returncode == 0, made.stderr
    place.start()
    yield place
    place.stop()
    shutil.rmtree(top)


class Place:
    def __init__(self, data: Path, python: dict[str, str]) -> None:
        self.data, self.port = data, _two_free_ports()
        self.program = python.pop("program")
        self.env = {
            **python,
            "PORTAL_DATA": str(data),
            "PORTAL_GROUP": str(GROUP),
            "PORT": str(self.port),
            "WEB_CONCURRENCY": "2",
        }
        self.processes: list[subprocess.Popen[bytes]] = []

    def words(self, user: int, *words: str) -> list[str]:
        return ["setpriv", f"--reuid={user}", f"--regid={user}", f"--groups={GROUP}",
                self.program, *words]  # fmt: skip

    def run(self, user: int, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.words(user, *words),
            cwd=ROOT, env=self.env, capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip

    def start(self) -> None:
        for user, words, more in (
            (WORKER, ("flask", "jobs", "work"), {"AWS_SECRET_ACCESS_KEY": SECRET}),
            (SITE, ("gunicorn", "wsgi:app"), {}),
        ):
            env = {**self.env, **more}
            self.processes.append(
                subprocess.Popen(self.words(user, "-m", *words), cwd=ROOT, env=env)
            )
        end = time.monotonic() + 60
        while fetch_status(f"{self.address}/healthz") != 200 and time.monotonic() < end:
            time.sleep(0.2)

    @property
    def address(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def worker(self) -> int:
        return self.processes[0].pid

    def stop(self) -> None:
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            with suppress(subprocess.TimeoutExpired):
                process.wait(15)
            process.kill()


def test_what_the_site_asks_for_the_worker_does(place: "Place"):
    """The row and the queue are written by the one, read and ended by the other."""
    done = place.run(SITE, "-c", ASK)
    assert done.stdout.startswith("done "), (done.stdout, done.stderr)
    assert list((place.data / "backups").glob("development-*.sqlite3"))


def test_people_read_and_log_in(place: "Place"):
    for path in ("/", "/studios", "/ops/login", "/readyz"):
        assert fetch_status(f"{place.address}{path}") == 200, path
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    page = opener.open(f"{place.address}/ops/login").read().decode()
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert token
    login = json.loads((place.data / "demo-accounts.json").read_text())["admin"]
    form = urllib.parse.urlencode({"csrf_token": token[1], **login}).encode()
    home = opener.open(f"{place.address}/ops/login", form)
    assert home.url == f"{place.address}/ops"
    for path in ("/ops/backups", "/ops/databases", "/ops/audit", "/ops/emails"):
        page = opener.open(f"{place.address}{path}").read().decode()
        assert "There is no backup key" not in page


def test_the_sites_user_reads_nothing_of_the_workers(place: "Place"):
    for path in (place.data / "backup-key", f"/proc/{place.worker}/environ"):
        assert place.run(SITE, "-c", READ, str(path)).stdout == "PermissionError\n", path
        assert place.run(WORKER, "-c", READ, str(path)).stdout.startswith("read "), path
    assert SECRET.encode() in Path(f"/proc/{place.worker}/environ").read_bytes()
    scratch = place.data / "scratch"
    assert stat.S_IMODE(scratch.stat().st_mode) == 0o700


def test_at_the_end_each_file_has_the_rights_of_both_and_none_of_others(place: "Place"):
    wrong = {}
    for path in (place.data, *place.data.rglob("*")):
        with suppress(FileNotFoundError):  # a log that ended meanwhile
            facts = path.lstat()
            fits = 0o2770 if stat.S_ISDIR(facts.st_mode) else 0o660
            fits = {"backup-key": 0o600, "scratch": 0o700}.get(path.name, fits)
            group = facts.st_gid == GROUP or path.name == "backup-key"
            if stat.S_IMODE(facts.st_mode) != fits or not group:
                wrong[str(path.relative_to(place.data))] = (oct(facts.st_mode), facts.st_gid)
    assert wrong == {}
