"""A first set-up of the demo on a disk that is full at some moment; the next one ends it."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.control.conftest import SMALL, set_up
from tests.control.test_setup_losses import studios

SIZES = ["4k", "16k", "100k", "400k", "800k", "1200k", "1600k", "2400k", "3600k", "5m", "7m"]


@pytest.fixture
def disk(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={request.param}", "none", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("This machine allows no file system of its own size.")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("disk", SIZES, indirect=True)
def test_it_stops_in_one_line_and_the_next_set_up_ends_it(disk: Path):
    data = disk / "instance"
    stopped = set_up(data, *SMALL)
    assert "Traceback" not in stopped.said
    assert stopped.code == 0 or stopped.err.count("\n") == 1, stopped.said
    subprocess.run(["mount", "-o", "remount,size=60m", str(disk)], check=True)
    done = set_up(data, *SMALL)
    assert done.code == 0, (stopped.said, done.said)
    assert studios(data) == 11
    logins = json.loads((data / "demo-accounts.json").read_text())
    assert set(logins) == {"admin", "ops", "client", "owner"}
    assert logins["admin"]["password"] in stopped.out + done.out
    assert (data / "secret-key").read_text()
    assert set_up(data, *SMALL).out == ""
    assert not list(data.rglob("*.part"))
