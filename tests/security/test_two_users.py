"""PORTAL_GROUP: two system users share the data, and the worker's secrets are the worker's alone.

Each process here has the numbers of a user that this machine need not know.
"""

import os
import shutil
import sqlite3
import stat
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.commands import Ended, run

GROUP, WORKER, SITE = 60100, (60101, 60101, 60100), (60102, 60102, 60100)
BOTH = (WORKER, SITE)
HOLDS_BOTH = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA wal_autocheckpoint = 0")
connection.execute("CREATE TABLE IF NOT EXISTS more (words TEXT)")
connection.execute("INSERT INTO more VALUES (?)", [sys.argv[2]])
print(connection.execute("SELECT count(*) FROM more").fetchone()[0], flush=True)
import os; os._exit(0)  # as if it were killed: the log stays
"""
QUEUE = """
import wsgi
from portal.jobs.models import Queue
from portal.jobs.worker.queue import enqueue
with wsgi.app.app_context():
    enqueue(Queue.QUICK, 1)
"""
READ = "import sys; print(open(sys.argv[1]).read())"

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="Only root can run as two other users.")


@pytest.fixture(scope="module")
def data() -> Iterator[Path]:
    """As docs/operator.md says, in a folder that both can get to."""
    top = Path(tempfile.mkdtemp(prefix="two-users-"))
    top.chmod(0o755)
    data = top / "data"
    data.mkdir()
    os.chown(data, WORKER[0], GROUP)
    data.chmod(0o2770)
    made = flask(WORKER, data, "portal", "setup")
    assert made.code == 0, made.said
    begun = run("-c", QUEUE, env=environment(data, {}), user=SITE)
    assert begun.code == 0, begun.said
    yield data
    shutil.rmtree(top)


def environment(data: Path, more: Mapping[str, str]) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "PORTAL_DATA": str(data),
        "PORTAL_GROUP": str(GROUP),
        **more,
    }


def flask(user: tuple[int, ...], data: Path, *words: str, **more: str) -> Ended:
    return run("flask", *words, env=environment(data, more), user=user)


def start_site(user: tuple[int, ...], data: Path, **more: str) -> Ended:
    """As a web server loads it, and no further."""
    return run("-c", "import wsgi; print('It serves.')", env=environment(data, more), user=user)


def python(user: tuple[int, ...], code: str, *words: str) -> Ended:
    return run("-c", code, *words, env={}, user=user)


def test_everything_has_the_rights_of_both_and_none_of_others(data: Path):
    wrong = {}
    for path in (data, *data.rglob("*")):
        facts = path.lstat()
        alone = path.name == "backup-key"
        fits = 0o2770 if stat.S_ISDIR(facts.st_mode) else 0o600 if alone else 0o660
        if path.name == "scratch":  # the worker's alone
            fits = 0o700
        if stat.S_IMODE(facts.st_mode) != fits or facts.st_gid != GROUP and not alone:
            wrong[str(path.relative_to(data))] = (oct(facts.st_mode), facts.st_gid)
    assert wrong == {}


@pytest.mark.parametrize("first", BOTH, ids=["worker first", "site first"])
@pytest.mark.parametrize("name", ["ops", "development", "jobs"])
def test_both_write_each_database_whoever_made_its_log(data: Path, first: tuple, name: str):
    file = data / f"{name}.sqlite3"
    with closing(sqlite3.connect(file)) as last:
        last.execute("SELECT count(*) FROM sqlite_master")  # whoever closes last takes the log away
    assert not Path(f"{file}-wal").exists()
    others = [user for user in BOTH if user != first]
    counts = [
        int(python(user, HOLDS_BOTH, str(file), "by hand").out) for user in (first, *others, first)
    ]
    assert counts == list(range(counts[0], counts[0] + 3))
    for ending in ("-wal", "-shm"):
        facts = Path(f"{file}{ending}").stat()
        assert (facts.st_uid, facts.st_gid, stat.S_IMODE(facts.st_mode)) == (first[0], GROUP, 0o660)


def test_a_site_starts_and_cannot_read_the_key(data: Path):
    assert start_site(SITE, data).out == "It serves.\n"
    refused = python(SITE, READ, str(data / "backup-key"))
    assert "PermissionError" in refused.err
    assert "AGE-SECRET-KEY" not in refused.said
    assert "AGE-SECRET-KEY" in python(WORKER, READ, str(data / "backup-key")).out


@pytest.mark.parametrize(
    "name", ["PRODUCTION_ADMIN_URL", "OPS_ADMIN_URL", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"]
)
def test_a_site_with_a_secret_of_the_workers_does_not_start(data: Path, name: str):
    value = "postgresql://talkback_worker:word@db/directory"
    refused = start_site(SITE, data, **{name: value})
    assert refused.code != 0
    assert refused.sentence.startswith(f"Error: {name} is for the worker alone")
    assert "word" not in refused.said


def test_a_site_that_can_read_the_key_does_not_start(data: Path):
    key = data / "backup-key"
    os.chown(key, WORKER[0], GROUP)
    key.chmod(0o640)
    try:
        refused = start_site(SITE, data)
        assert "A site can read the backup key" in refused.sentence
    finally:
        key.chmod(0o600)


@pytest.mark.parametrize("user", [WORKER, ()], ids=["the worker's user", "root"])
def test_a_site_does_not_run_as_the_workers_user_or_as_root(data: Path, user: tuple):
    refused = start_site(user, data)
    assert refused.code != 0
    assert "a site runs as another system user than the worker" in refused.sentence


def test_gunicorn_ends_with_that_line_before_it_takes_a_port(data: Path):
    """A worker that can't start would leave it waiting without one."""
    refused = run("-m", "gunicorn", "wsgi:app", env=environment(data, {"PORT": "1"}))
    assert refused.code == 1
    assert "a site runs as another system user than the worker" in refused.sentence


@pytest.mark.parametrize("user", [SITE, ()], ids=["the sites' user", "root"])
@pytest.mark.parametrize("words", [("portal", "setup"), ("jobs", "work")])
def test_set_up_and_worker_run_as_the_owner_alone(data: Path, user: tuple, words: tuple):
    refused = flask(user, data, *words)
    assert refused.code == 1
    assert "This is for the worker’s system user, 60101" in refused.sentence


def test_one_user_for_all_is_said_to_another_one(data: Path):
    """Without PORTAL_GROUP nobody said that one user is needed."""
    refused = run("flask", "portal", "addresses", env={"PORTAL_DATA": str(data)}, user=SITE)
    assert refused.code != 0
    assert "belongs to the system user 60101, and this runs as 60102" in refused.sentence
    assert "PORTAL_GROUP" in refused.sentence


def test_a_key_that_the_sites_user_put_there_is_not_used(data: Path):
    """The folder is the group's, so a site that was broken into can take the key's place."""
    key, kept = data / "backup-key", data.parent / "kept"
    key.rename(kept)
    shutil.copy(kept, key)
    os.chown(key, SITE[0], GROUP)
    key.chmod(0o644)
    try:
        refused = flask(WORKER, data, "databases", "backup", "development")
        assert refused.code == 1
        assert "is not the worker’s alone: it belongs to the system user 60102" in refused.said
    finally:
        kept.replace(key)
    assert flask(WORKER, data, "databases", "backup", "development").code == 0


def test_the_sites_user_is_told_whose_the_key_is(data: Path):
    refused = flask(SITE, data, "databases", "backup", "development")
    assert refused.code == 1
    assert "can’t be read by the system user 60102. Run this as the worker’s" in refused.said
