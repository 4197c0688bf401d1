"""tools/run.py, what `make run` calls: what it says before it starts anything."""

import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.support.commands import ROOT
from tools import run

WORDS = [sys.executable, "tools/run.py"]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def make_run(data: Path, port: str) -> subprocess.CompletedProcess[str]:
    env = {"PATH": os.environ["PATH"], "PORTAL_DATA": str(data)}
    return subprocess.run(
        [*WORDS, port], cwd=ROOT, env=env, capture_output=True, text=True, timeout=30, check=False
    )


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.mark.parametrize("which", [0, 1])
def test_a_taken_port_is_one_line_and_nothing_is_set_up(data: Path, taken: int, which: int):
    refused = make_run(data, str(taken - which))
    assert refused.returncode == 1
    assert refused.stderr.startswith(f"Port {taken} is taken.")
    assert (refused.stdout, refused.stderr.count("\n")) == ("", 1)
    assert [each.name for each in data.iterdir()] == ["run.lock"]


@pytest.mark.parametrize("port", ["eighty", "0", "65535", "-1", ""])
def test_a_port_that_is_none_is_one_line(data: Path, port: str):
    refused = make_run(data, port)
    assert refused.returncode == 1
    assert refused.stderr.startswith(f"PORT is “{port}”")
    assert refused.stderr.count("\n") == 1


def test_a_second_one_says_where_the_first_one_runs(data: Path):
    """Whatever port it was asked for: the data are the same."""
    data.mkdir()
    with (data / "run.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.write("8123\n")
        lock.flush()
        second = make_run(data, "9000")
    assert second.returncode == 0
    assert second.stdout == (
        "It runs already: http://localhost:8123/ops. Ctrl-C stops it, where it runs.\n"
    )
    assert second.stderr == ""


def test_beside_another_worker_it_starts_nothing(data: Path):
    data.mkdir()
    with (data / "worker.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        refused = make_run(data, "8123")
    assert refused.returncode == 1
    assert refused.stderr == f"A worker runs already on the data in {data}. End it first.\n"


def test_one_that_ends_alone_is_started_again_and_later_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    clock = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(run, "LOG", tmp_path / "run.log")
    child = run.Child("worker", "exit 3", None)
    begun = [0.0]
    for _ in range(400):
        if child.process is not None:
            child.process.wait()
        child.look_after()
        begun += [child.since] * (child.since != begun[-1])
        clock[0] += 0.5
    pauses = [after - before for before, after in zip(begun, begun[1:], strict=False)]
    assert [int(each) for each in pauses[:5]] == [1, 2, 4, 8, 16]
    assert {int(each) for each in pauses[5:]} == {30}
    assert "The worker ended (exit code 3), and is started again.\n" in capsys.readouterr().out


def test_one_that_ran_for_a_while_is_started_at_once_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    clock = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(run, "LOG", tmp_path / "run.log")
    child = run.Child("worker", "exit 3", None)
    child.pause = 30.0
    child.process.wait()
    clock[0] = run.STEADY + 1
    child.look_after()
    clock[0] += 1.5
    child.look_after()
    assert child.process is not None
    child.process.wait()


def test_what_it_started_ends_with_it(data: Path):
    """Also where it is killed: a process of a demo that nobody sees would hold the ports."""
    code = "import time; from tools import run; print(run.started(['sleep', '60']).pid, flush=True)"
    with subprocess.Popen(
        [sys.executable, "-c", f"{code}; time.sleep(60)"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        assert parent.stdout
        child = int(parent.stdout.readline())
        parent.send_signal(signal.SIGKILL)
    until = time.monotonic() + 10
    while Path(f"/proc/{child}").exists() and time.monotonic() < until:
        with suppress(OSError):
            if Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                break
        time.sleep(0.02)
    assert time.monotonic() < until
