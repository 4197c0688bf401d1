"""Another release is put in place under a worker that goes on: its warm process steps aside."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from flask import Flask

from portal.core.configuration.settings import Settings
from portal.core.storage.database import db
from portal.jobs.operations.service import request_operation
from portal.warm import WAITING
from tests.databases.stage import OMAR
from tests.jobs.conftest import children_called, eventually, wait_for_end
from tests.support.commands import ROOT

SAYS_WHO = """
if "execute" in __import__("sys").argv:
    with open(__import__("os").environ["SAID"], "w") as said, open("/proc/self/comm") as comm:
        said.write(comm.read())
"""


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """The product as it is installed; an operation's process says what `ps` calls it."""
    root = tmp_path / "release"
    for folder in ("portal", "migrations"):
        shutil.copytree(ROOT / folder, root / folder)
    (root / "wsgi.py").write_text((ROOT / "wsgi.py").read_text() + SAYS_WHO)
    return root


@pytest.fixture
def said(tmp_path: Path) -> Path:
    return tmp_path / "said"


@pytest.fixture
def worker(app: Flask, settings: Settings, release: Path, said: Path) -> Iterator[psutil.Process]:
    own = {"PORTAL_DATA": str(settings.data), "SECRET_KEY": "for tests", "SAID": str(said)}
    words = [sys.executable, "-m", "flask", "jobs", "work"]
    with subprocess.Popen(words, cwd=release, env={**os.environ, **own}) as process:
        yield psutil.Process(process.pid)
        process.terminate()


def warm(worker: psutil.Process, *, besides: psutil.Process | None = None) -> psutil.Process:
    def others() -> list[psutil.Process]:
        return [each for each in children_called(WAITING, worker.pid) if each != besides]

    eventually(others)
    return others()[0]


def name_of_the_next(said: Path) -> str:
    operation = request_operation("backups.check", by=OMAR)
    db.session.commit()
    assert wait_for_end(operation).is_done
    return said.read_text()


def test_the_next_operation_has_the_new_code_and_the_one_after_is_forked_again(
    worker: psutil.Process, release: Path, said: Path
) -> None:
    first = warm(worker)
    assert name_of_the_next(said).startswith("operation")

    with (release / "portal" / "jobs" / "child.py").open("a") as file:
        file.write("# another release\n")
    assert name_of_the_next(said).startswith("python")

    second = warm(worker, besides=first)
    assert name_of_the_next(said).startswith("operation")
    (release / "portal" / "jobs" / "more.py").write_text("# a third one, which nobody waits for\n")
    assert warm(worker, besides=second) not in {first, second}
