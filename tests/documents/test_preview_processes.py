"""Processes that make previews are bounded, stopped, replaced, and end with their parent."""

import signal
import subprocess
import sys
from collections.abc import Iterator

import psutil
import pytest

from portal.core.configuration.settings import ROOT
from portal.core.errors import Unavailable
from portal.documents.previews import making
from portal.documents.previews.making import LATER, STOPPED, PreviewProcesses
from tests.support.waiting import wait_until

MARK = "what somebody typed"
ONE = """
import sys
from portal.documents.previews import making
from tests.documents.test_preview_processes import asked
makers = making.PreviewProcesses()
makers.ask(asked("plain"), person=1, page="").result(timeout=60)
(pid,) = makers.pids
if sys.argv[1] == "busy":
    makers.ask(asked("sleepy"), person=1, page="")
    while makers._waiting:
        pass
print(pid, flush=True)
sys.stdin.read()
"""


def asked(look: str) -> dict[str, object]:
    return {
        "look": f"tests.support.looks:{look}",
        "text": f"# {MARK}\n",
        "slug": "new",
        "reader": ["internal", None, False],
        "known": {"clients": [], "shared": False, "reports": []},
        "data": "/nowhere",
        "incidents_dir": "/nowhere",
    }


@pytest.fixture
def makers() -> Iterator[PreviewProcesses]:
    makers = PreviewProcesses()
    yield makers
    makers.stop()


@pytest.fixture(scope="module")
def kept() -> Iterator[PreviewProcesses]:
    """The next test has the process of the last one, where that is still there."""
    makers = PreviewProcesses()
    yield makers
    makers.stop()


@pytest.fixture
def alone(kept: PreviewProcesses, monkeypatch: pytest.MonkeyPatch) -> PreviewProcesses:
    """With one process, which has begun."""
    monkeypatch.setattr(making, "MOST", 1)
    made(kept, "plain")
    return kept


def made(makers: PreviewProcesses, look: str) -> dict[str, object]:
    return makers.ask(asked(look), person=1, page="").result(timeout=60)


def pid_of(answer: dict[str, object]) -> int:
    return int(dict(answer["preview"]["facts"])["Process"])


@pytest.mark.parametrize(
    ("look", "why"),
    [
        ("hungry", "it needs too much memory"),
        ("deep", "it is nested too deeply"),
        ("stumbling", "a rule stumbled over it (KeyError)"),
    ],
)
def test_what_fails_is_said_in_a_sentence_and_the_process_goes_on(alone, look, why):
    before = alone.pids
    assert made(alone, look) == {"error": f"The preview could not be made: {why}."}
    assert pid_of(made(alone, "plain")) in before


def test_a_process_that_ends_is_replaced_and_the_log_says_so(alone, caplog):
    before = alone.pids
    assert made(alone, "ending") == {"error": STOPPED}
    assert pid_of(made(alone, "plain")) not in before
    assert "A process that makes previews stopped" in caplog.text
    assert MARK not in caplog.text


def test_one_that_is_killed_while_it_waits_is_replaced(alone):
    (pid,) = alone.pids
    psutil.Process(pid).kill()
    wait_until(lambda: not is_running(pid))
    assert pid_of(made(alone, "plain")) != pid


def test_one_that_takes_too_long_is_stopped(alone, monkeypatch, caplog):
    (before,) = alone.pids
    monkeypatch.setattr(making, "SECONDS", 0.3)
    why = "The preview could not be made: it takes longer than 0.3 seconds."
    assert made(alone, "sleepy") == {"error": why}
    assert not is_running(before)
    assert MARK not in caplog.text
    monkeypatch.setattr(making, "SECONDS", 30.0)
    assert pid_of(made(alone, "plain")) != before


def test_it_has_no_keys_and_comes_after_the_sites_pages(alone, monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "secret")
    names = {name for name, _ in made(alone, "environment")["preview"]["facts"]}
    assert names == {"PYTHONPATH", "LANG"} | names & {"LC_CTYPE"}
    assert psutil.Process(alone.pids[0]).nice() > psutil.Process().nice()


def test_there_are_never_more_than_two(makers):
    futures = [makers.ask(asked("plain"), person=n, page="") for n in range(9)]
    assert len({pid_of(each.result(timeout=60)) for each in futures}) <= making.MOST == 2


def test_what_waits_is_bounded_and_of_a_page_the_newest_waits(alone, monkeypatch):
    busy = alone.ask(asked("sleepy"), person=1, page="")
    wait_until(lambda: not alone._waiting)
    older, newer = (alone.ask(asked("plain"), person=1, page="a") for _ in range(2))
    assert older.result(timeout=0) == {"error": LATER}
    others = alone.ask(asked("plain"), person=2, page="a")
    monkeypatch.setattr(making, "OF_ONE", 1)
    with pytest.raises(Unavailable, match="Too many previews"):
        alone.ask(asked("plain"), person=2, page="b")
    monkeypatch.setattr(making, "WAITING", 2)
    with pytest.raises(Unavailable, match="Too many previews"):
        alone.ask(asked("plain"), person=3, page="a")
    psutil.Process(alone.pids[0]).send_signal(signal.SIGKILL)
    assert busy.result(timeout=60) == {"error": STOPPED}
    assert pid_of(newer.result(timeout=60)) == pid_of(others.result(timeout=60))


def test_one_that_is_not_needed_ends(alone, monkeypatch):
    monkeypatch.setattr(making, "IDLE", 0.05)
    (pid,) = {pid_of(made(alone, "plain"))}
    wait_until(lambda: not is_running(pid))
    assert alone.pids == []
    assert pid_of(made(alone, "plain")) != pid


@pytest.mark.parametrize(
    ("end", "at"), [(signal.SIGTERM, "idle"), (signal.SIGKILL, "idle"), (signal.SIGKILL, "busy")]
)
def test_it_ends_with_its_parent(end, at):
    """Also where it is busy with something that takes no time of a processor."""
    words = [sys.executable, "-c", ONE, at]
    with subprocess.Popen(
        words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        pid = int(parent.stdout.readline())
        assert is_running(pid)
        parent.send_signal(end)
    wait_until(lambda: not is_running(pid))


def is_running(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
