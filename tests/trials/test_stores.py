"""Copies of backups in two S3 stores: moto knows conditional writes, nanio checks signatures."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.house.tree import ROOT
from tests.support.mail import free_port
from tests.support.waiting import wait_until

KEYS = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret-of-the-store"}
STORES = ["moto[server]==5.2.5", "nanio==0.1.7"]


@dataclass
class Place:
    python: Path
    address: str

    def does(
        self, *words: str, secret: str = KEYS["AWS_SECRET_ACCESS_KEY"], **more: str
    ) -> dict[str, object]:
        env = os.environ | KEYS | {"AWS_SECRET_ACCESS_KEY": secret} | more
        command = [self.python, "-m", "tests.trials.s3_use", self.address, *words]
        said = subprocess.run(
            command, cwd=ROOT, env=env, capture_output=True, text=True, check=False
        )
        assert said.returncode == 0, said.stderr
        return dict(json.loads(said.stdout))

    def bucket(self, endpoint: str, name: str) -> None:
        make = (
            "import fsspec, sys; region = {'region_name': 'eu-1'};"
            "s3 = fsspec.filesystem('s3', endpoint_url=sys.argv[1], client_kwargs=region);"
            "s3.mkdir(sys.argv[2])"
        )
        words = [self.python, "-c", make, endpoint, name]
        subprocess.run(words, env=os.environ | KEYS, check=True, capture_output=True)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As the guide installs it, and the two stores apart from it."""
    folder = tmp_path_factory.mktemp("s3")
    for name, sets in {
        "ours": [["-r", ROOT / "locks/run.txt"], ["-r", ROOT / "locks/s3.txt"]],
        "stores": [STORES],
    }.items():
        subprocess.run([sys.executable, "-m", "venv", folder / name], check=True)
        for packages in sets:
            locked = ["--no-deps", "--require-hashes"] if name == "ours" else []
            words = [folder / name / "bin/pip", "install", "--quiet", *locked, *packages]
            subprocess.run(words, check=True, capture_output=True)
    return folder


@contextmanager
def running(installed: Path, kind: str) -> Iterator[Place]:
    port, bin_ = free_port(), installed / "stores/bin"
    words = {
        "moto": [bin_ / "moto_server", "-H", "127.0.0.1", "-p", str(port)],
        "nanio": [bin_ / "nanio", "serve", "--data-dir", str(installed / f"data-{port}")],
    }[kind]
    if kind == "nanio":
        words += ["--host", "127.0.0.1", "--port", str(port), "--region", "eu-1"]
    names = {"NANIO_ACCESS_KEY": "key", "NANIO_SECRET_KEY": KEYS["AWS_SECRET_ACCESS_KEY"]}
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(words, env=os.environ | names, stdout=quiet, stderr=quiet)
    try:
        wait_until(lambda: listens(port))
        endpoint = f"http://127.0.0.1:{port}"
        where = f"s3://talkback-backups/room?endpoint_url={endpoint}&region=eu-1"
        place = Place(installed / "ours/bin/python", where)
        place.bucket(endpoint, "talkback-backups")
        yield place
    finally:
        process.kill()
        process.wait()


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.parametrize("kind", ["moto", "nanio"])
def test_what_is_written_is_read_listed_and_removed(installed: Path, kind: str) -> None:
    with running(installed, kind) as store:
        assert store.does("files") == {"done": []}


@pytest.mark.parametrize("kind", ["moto", "nanio"])
def test_pictures_are_sent_from_copies_here(installed: Path, kind: str, tmp_path: Path) -> None:
    """With credentials of their own: sites may not have those of the store of backups."""
    own = {"STORAGE_ACCESS_KEY_ID": "key", "STORAGE_SECRET_ACCESS_KEY": "secret-of-the-store"}
    with running(installed, kind) as store:
        assert store.does("pictures", str(tmp_path), secret="", **own) == {"done": []}


@pytest.mark.parametrize("kind", ["moto", "nanio"])
def test_of_two_rooms_one_has_the_store(installed: Path, kind: str) -> None:
    with running(installed, kind) as store:
        assert store.does("own", "harbour") == {"done": "harbour"}
        said = store.does("own", "lantern")
        assert "is the store of another control room" in str(said["Refused"])


def test_a_file_that_is_there_is_not_created_again(installed: Path) -> None:
    with running(installed, "moto") as store:
        assert store.does("create", "first") == {"done": "first"}
        assert "FileExistsError" in store.does("create", "second")


def test_a_wrong_secret_is_one_sentence(installed: Path) -> None:
    with running(installed, "nanio") as store:
        said = store.does("own", "harbour", secret="another")  # noqa: S106
        assert "s3://talkback-backups/room could not be" in str(said["Unavailable"])
        assert "another" not in str(said)


def test_a_store_that_is_gone_is_one_sentence(installed: Path) -> None:
    with running(installed, "moto") as store:
        pass
    said = store.does("own", "harbour")
    assert "s3://talkback-backups/room could not be" in str(said["Unavailable"])
