"""The process that waits for the next operation, seen from outside: real workers, real kills."""

import json
import os
import re
import shutil
import signal
import sys
import time
from pathlib import Path
from uuid import uuid4

import psutil
import pytest

from portal import warm
from portal.audit.actor import NamedActor
from portal.core import on_disk
from portal.core.configuration.settings import Settings
from portal.core.storage.database import db
from portal.jobs.models import Operation, OperationState
from portal.jobs.operations.service import request_stop
from portal.jobs.processes import is_readable
from portal.jobs.worker.warm import WarmProcess, bare_environment
from tests.jobs.app import DEAF
from tests.jobs.conftest import WorkerProcess, ask, children_of, pid_in, wait_for_end
from tests.support.waiting import wait_until

SECRET, BACKUP_KEY = uuid4().hex, uuid4().hex

HALF_DONE = """
import os, signal, socket, sys
control = socket.socket(fileno=0)
control.send(b"ready")
_, (output, line), _, _ = socket.recv_fds(control, 16, 2)
if os.fork() == 0:
    if os.fork() == 0:
        os.read(line, 1)
    os._exit(0)
if sys.argv[1] == "tells nonsense":
    os.write(line, b"nobody\\n")
if sys.argv[1] != "killed":
    signal.pause()
os.kill(os.getpid(), signal.SIGKILL)
"""
"""A warm process that is stopped after it has forked, and before it has said whom."""


def name_of(pid: int) -> str:
    return Path(f"/proc/{pid}/comm").read_text().strip()


def in_memory(pid: int, *secrets: str) -> set[str]:
    """Which of them stand anywhere that the process itself may write."""
    found = set()
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            part = re.match(r"([0-9a-f]+)-([0-9a-f]+) rw", line)
            if part is None or "[v" in line:
                continue
            begin, end = (int(number, 16) for number in part.groups())
            memory.seek(begin)
            read = memory.read(end - begin)
            found |= {each for each in secrets if each.encode() in read}
    return found


def assert_clean(process: psutil.Process) -> None:
    """One thread, no file but the null device and the worker's, no connection, no setting."""
    assert process.num_threads() == 1
    assert process.net_connections("inet") == []
    assert [each.path for each in process.open_files() if "worker.log" not in each.path] == []
    assert {name for name in process.environ() if name.startswith(("PORTAL", "SECRET"))} == set()
    assert in_memory(process.pid, SECRET, BACKUP_KEY) == set()


def in_operation(worker: WorkerProcess, omar: NamedActor, folder: Path) -> tuple[Operation, int]:
    """A long one that has begun, and its process."""
    for mark in folder.iterdir():
        mark.unlink()
    operation = ask("sample.long", omar, folder=str(folder))
    return operation, pid_in(folder)


def test_it_holds_nothing_and_what_it_forks_is_like_a_new_python(
    whole_worker: WorkerProcess, omar: NamedActor, folder: Path
) -> None:
    settings = whole_worker.settings
    settings.backup_key_file.write_text(BACKUP_KEY)
    whole_worker.secret_key = SECRET
    waiting = whole_worker.start().warm()
    assert in_memory(whole_worker.pid, SECRET), "it is found where it is"
    assert_clean(waiting)

    operation, pid = in_operation(whole_worker, omar, folder)
    child = psutil.Process(pid)
    assert (name_of(pid), child.ppid()) == (f"operation {operation.id}", whole_worker.pid)
    assert os.getpgid(pid) == os.getsid(pid) == pid
    assert child.environ() != {}
    log = settings.data / "logs" / f"operation-{operation.id}.log"
    standard = [Path(f"/proc/{pid}/fd/{number}").readlink() for number in range(3)]
    assert standard == [Path(os.devnull), log, log]
    assert in_memory(pid, SECRET)
    assert (operation.process or "").split(":")[1] == str(pid)
    (folder / "may-end").touch()
    assert wait_for_end(operation).is_done
    assert_clean(waiting)

    first_dice = (folder / "dice").read_text()
    _, second = in_operation(whole_worker, omar, folder)
    assert second != pid
    assert name_of(second).startswith("operation")
    assert_thrown_anew(first_dice, (folder / "dice").read_text())
    processes = [waiting, psutil.Process(second)]
    whole_worker.kill()
    psutil.wait_procs(processes, timeout=60)
    assert not any(each.is_running() for each in processes)


def assert_thrown_anew(*dice: str) -> None:
    """Whatever is random in two processes of one origin differs."""
    first, second = (json.loads(each) for each in dice)
    assert first.keys() >= {"secrets", "tempfile", "Random 1"}
    assert {name for name in first if first[name] == second.get(name)} == set()


def test_killed_hanging_or_out_of_date_it_is_done_without(
    worker: WorkerProcess, omar: NamedActor, folder: Path
) -> None:
    """An operation asked for at that moment is carried out all the same; then another one waits."""
    first = worker.start().warm()
    first.kill()
    assert_done_without(worker, omar, folder)

    second = worker.warm(besides=first)
    second.suspend()
    began = time.monotonic()
    assert_done_without(worker, omar, folder)
    assert time.monotonic() - began < 10
    assert not second.is_running()

    third = worker.warm(besides=second)
    (worker.settings.data / "secret-key").write_text("another")
    assert_done_without(worker, omar, folder)
    assert worker.warm(besides=third)
    assert not third.is_running()
    _, pid = in_operation(worker, omar, folder)
    assert name_of(pid).startswith("operation")


def assert_done_without(worker: WorkerProcess, omar: NamedActor, folder: Path) -> None:
    operation, pid = in_operation(worker, omar, folder)
    assert not name_of(pid).startswith("operation")
    (folder / "may-end").touch()
    assert wait_for_end(operation).is_done


def test_its_own_end_is_not_that_of_an_operation_which_stops_when_asked(
    worker: WorkerProcess, omar: NamedActor, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where whoever started the worker told the system not to say when a child ends."""
    monkeypatch.setenv(DEAF, "1")
    waiting = worker.start().warm()
    operation, pid = in_operation(worker, omar, folder)
    assert name_of(pid).startswith("operation")
    waiting.kill()
    waiting = worker.warm(besides=waiting)
    assert psutil.pid_exists(pid)
    db.session.rollback()
    assert operation.state is OperationState.RUNNING
    request_stop(operation, by=NamedActor(id=1, name="ana", role="admin"))
    db.session.commit()
    assert wait_for_end(operation).outcome == "Stopped by ana."

    operation, pid = in_operation(worker, omar, folder)
    assert name_of(pid).startswith("operation")
    os.kill(pid, signal.SIGKILL)
    assert "killed by signal 9" in (wait_for_end(operation).outcome or "")
    is_deaf = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN  # the tests run under nohup
    assert worker.end(signal.SIGTERM if is_deaf else signal.SIGHUP) == 0
    assert not waiting.is_running()


@pytest.mark.parametrize("how", ["killed", "hangs", "tells nonsense"])
def test_where_it_ends_in_the_middle_of_forking_no_process_is_left(
    settings: Settings, how: str
) -> None:
    before = children_of(os.getpid())
    warm = WarmProcess([sys.executable, "-c", HALF_DONE, how], settings)
    warm.maintain()
    assert warm._started
    wait_until(lambda: is_readable(warm._started.control, 0))
    with Path(os.devnull).open("w") as output:
        assert warm.fork(["flask", "--version"], output.fileno(), name="operation 1") is None
    assert children_of(os.getpid()) - before == set()


def test_no_variable_but_pythons_own_is_handed_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SECRET_KEY", "MAIL_URL", "OPS_ADMIN_URL", "HOME_TOKEN", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "a-secret")
    monkeypatch.setenv("PYTHONUTF8", "1")
    given = bare_environment()
    assert "a-secret" not in given.values()
    assert given["PYTHONUTF8"] == "1"
    assert {"PATH"} <= given.keys()


@pytest.fixture
def release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small release on the disk in place of this one, and one package beside it."""
    root = tmp_path / "release"
    for file in ("wsgi.py", "requirements.txt", "portal/jobs/worker/child.py", "migrations/env.py"):
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).write_text("1")
    (root / "portal" / "__pycache__").mkdir()
    (root / ".git" / "logs").mkdir(parents=True)
    (root / ".git" / "logs" / "HEAD").write_text("one commit")
    (root / ".git" / "refs" / "heads").mkdir(parents=True)
    (root / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    (root / ".git" / "refs" / "heads" / "main").write_text("one")
    packages = tmp_path / "packages"
    packages.mkdir()
    monkeypatch.setattr(on_disk, "ROOT", root)
    monkeypatch.setattr(on_disk.site, "getsitepackages", lambda: [str(packages)])
    monkeypatch.setattr(warm, "load", lambda: None)
    monkeypatch.setattr(warm, "loaded_files", dict)
    return root


def rewritten(file: Path) -> None:
    """Other words, as long, written at the same time as the old: as some copying leaves them."""
    was = file.stat()
    file.write_text("2")
    os.utime(file, ns=(was.st_atime_ns, was.st_mtime_ns))


CHANGES = {
    "a module is edited": lambda root: (root / "portal/jobs/worker/child.py").write_text("22"),
    "a module is replaced by one as long and as old": lambda root: rewritten(
        root / "portal/jobs/worker/child.py"
    ),
    "a module is added": lambda root: (root / "portal/jobs/more.py").write_text(""),
    "a module goes": lambda root: (root / "portal/jobs/worker/child.py").unlink(),
    "a package of modules goes": lambda root: shutil.rmtree(root / "portal/jobs"),
    "a revision is added": lambda root: (root / "migrations/0002.py").write_text(""),
    "the start is edited": lambda root: (root / "wsgi.py").write_text("22"),
    "other packages are required": lambda root: (root / "requirements.txt").write_text("22"),
    "another commit is checked out": lambda root: (root / ".git/logs/HEAD").write_text("two"),
    "another branch is checked out": lambda root: (root / ".git/HEAD").write_text("ref: other"),
    "the branch moves": lambda root: (root / ".git/refs/heads/main").write_text("two"),
    "a package is installed": lambda root: (root.parent / "packages" / "flask").mkdir(),
    "a setting's file is made": lambda root: (root / ".env").write_text("PORTAL_ENV=production"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_whatever_changes_on_the_disk_it_is_another_beginning(release: Path, change) -> None:
    beginning = warm.StartState([str(release / ".env")])
    (release / "portal" / "__pycache__" / "child.pyc").write_text("compiled meanwhile")
    assert beginning.is_now
    change(release)
    assert not beginning.is_now


def test_in_a_worktree_its_branch_counts(release: Path, tmp_path: Path) -> None:
    own, shared = tmp_path / "shared" / "worktrees" / "release", tmp_path / "shared"
    shutil.rmtree(release / ".git")
    (release / ".git").write_text(f"gitdir: {own}\n")
    own.mkdir(parents=True)
    (own / "HEAD").write_text("ref: refs/heads/main\n")
    (own / "commondir").write_text("../..\n")
    (shared / "refs" / "heads").mkdir(parents=True)
    (shared / "refs" / "heads" / "main").write_text("one")
    beginning = warm.StartState([])
    assert beginning.is_now
    (shared / "refs" / "heads" / "main").write_text("two")
    assert not beginning.is_now


def test_a_loaded_module_of_anybody_counts(release: Path, tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "somebodys.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    __import__("somebodys")
    monkeypatch.setattr(warm, "loaded_files", on_disk.loaded_files)
    beginning = warm.StartState([])
    assert beginning.is_now
    (tmp_path / "somebodys.py").write_text("changed = True")
    assert not beginning.is_now
