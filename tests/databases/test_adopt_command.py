"""`flask databases adopt` in a real terminal, and what it refuses without one."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from portal.core.database import db
from portal.databases.identity import judge
from portal.databases.models import RegisteredTarget
from tests.support.commands import ROOT

FLASK = str(Path(sys.executable).parent / "flask")


@pytest.fixture
def unknown(room):
    """Both databases are there, and the control room has forgotten them."""
    for row in db.session.query(RegisteredTarget):
        db.session.delete(row)
    db.session.commit()
    return room


def at_a_terminal(room, *words, typed):
    """Run the command with a terminal in front of it; gives its exit code and what was shown."""
    db.session.rollback()
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [FLASK, *words],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **room.env},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        close_fds=True,
    )
    os.close(theirs)
    os.write(ours, "".join(f"{line}\n" for line in typed).encode())
    shown = read_all(ours)
    os.close(ours)
    return process.wait(30), shown


def read_all(terminal):
    shown = b""
    try:
        while more := os.read(terminal, 4096):
            shown += more
    except OSError:  # the other end is closed
        pass
    return shown.decode()


def test_an_admin_at_a_terminal_adopts_production(unknown, audited):
    code, shown = at_a_terminal(
        unknown,
        *("databases", "adopt", "production"),
        typed=["ADOPT PRODUCTION", "The ops database was lost."],
    )

    assert code == 0, shown
    assert "says it is production" in shown
    assert judge(unknown.production).fits
    assert audited() == [("target.adopted", "done", "production")]


def test_a_wrong_phrase_is_refused_and_recorded(unknown, audited):
    code, shown = at_a_terminal(
        unknown,
        *("databases", "adopt", "production", "--reason", "Lost."),
        typed=["adopt production"],
    )

    assert code == 1
    assert "not exactly" in shown
    assert "Traceback" not in shown
    assert not judge(unknown.production).fits
    assert audited() == [("target.adopted", "refused", "production")]


def test_without_a_terminal_production_is_refused(unknown, audited):
    ended = unknown.run("flask", "databases", "adopt", "production", "--reason", "A script.")

    assert ended.code == 1
    assert "at a terminal" in ended.sentence
    assert audited() == [("target.adopted", "refused", "production")]


def test_a_target_that_is_none_is_named(room):
    ended = room.run("flask", "databases", "adopt", "staging")

    assert ended.code == 1
    assert "development and production" in ended.sentence
