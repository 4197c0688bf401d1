"""The store of pictures: a folder, another folder, an object store behind a bounded cache."""

import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import fsspec
import pytest
from flask.testing import FlaskClient

from portal.core.configuration.settings import Settings, load_settings
from portal.core.configuration.store_url import StoreRoute
from portal.core.errors import SettingError
from portal.directory.models import User
from portal.directory.uploads import ownership
from portal.directory.uploads.cache import Cache
from portal.directory.uploads.ownership import MARKER
from portal.directory.uploads.store import FolderStore, picture_store
from tests.directory.uploads.conftest import Sends, images
from tests.directory.uploads.files import opened, picture

REMOTE = StoreRoute("s3://bucket-of-ours/pictures", "memory", "/bucket-of-ours/pictures")


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    return folder


@pytest.fixture(params=["folder", "remote"])
def settings(
    request: pytest.FixtureRequest,
    settings: Settings,
    elsewhere: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Settings]:
    """STORAGE_URL leads out of PORTAL_DATA; fsspec's store in memory stands for S3."""
    monkeypatch.setattr(ownership, "_known", set())
    folder = StoreRoute(f"file:{elsewhere}", "file", str(elsewhere))
    yield replace(settings, picture_store=REMOTE if request.param == "remote" else folder)
    fsspec.filesystem("memory").store.clear()


def name_of_only_one() -> str:
    [image] = images()
    return image.image_url.removeprefix("/images/")


def test_it_is_stored_there_and_sent_through_the_site(
    client: FlaskClient, olive: User, send: Sends, settings: Settings
) -> None:
    assert send(("a.png", picture((2000, 1500), kind="PNG"))).status_code == 303
    name = name_of_only_one()
    keys = picture_store().all_keys()
    assert sorted(keys) == sorted([f"480/{name}", f"960/{name}", name, MARKER])
    assert not (settings.data / "images").exists()
    for folder, width in (("", 1920), ("960/", 960), ("480/", 480)):
        shown = client.get(f"/images/{folder}{name}")
        assert (shown.status_code, shown.mimetype) == (200, "image/webp")
        assert opened(shown.data).width == width
    shutil.rmtree(settings.data / "cache", ignore_errors=True)
    assert client.get(f"/images/{name}").status_code == 200  # fetched again
    assert "bucket-of-ours" not in client.get("/me/images").text
    picture_store().remove(f"960/{name}")  # a narrow picture has no such size
    assert opened(client.get(f"/images/960/{name}").data).width in {1920, 960}
    assert client.get(f"/images/{'ab' * 32}.webp").status_code == 404


def test_what_was_stored_here_before_is_still_found(
    client: FlaskClient, olive: User, settings: Settings
) -> None:
    name = f"{'cd' * 16}.jpg"
    FolderStore(settings.data / "images").put(name, picture((900, 600)))
    assert opened(client.get(f"/images/{name}").data).size == (900, 600)
    assert opened(client.get(f"/images/480/{name}").data).width == 480


def test_a_store_that_does_not_answer_changes_nothing_and_is_not_named(
    client: FlaskClient,
    olive: User,
    send: Sends,
    settings: Settings,
    elsewhere: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def gone(*_: object, **__: object) -> None:
        raise OSError("bucket-of-ours: connection refused")

    elsewhere.rmdir()  # a disk that is not mounted
    monkeypatch.setattr(type(fsspec.filesystem("memory")), "pipe_file", gone)
    answer = send(("a.jpg", picture()), ("b.jpg", picture(colour="#123")))
    assert answer.status_code == 503
    assert answer.text.count("store can’t be reached at the moment, so nothing was changed") == 2
    assert "bucket-of-ours" not in answer.text
    assert images() == []
    assert not elsewhere.exists()


def test_a_store_of_another_control_room_gets_nothing(
    client: FlaskClient, olive: User, send: Sends, caplog: pytest.LogCaptureFixture
) -> None:
    picture_store().put(MARKER, b'{"control_room": "another", "proof": "x"}')
    for marker in (b'{"control_room": "another", "proof": "x"}', b"[]", b"\xff"):
        picture_store().put(MARKER, marker)
        answer = send(("a.jpg", picture()), script=True)
        assert answer.status_code == 503
    assert "which another control room has marked" in caplog.text
    assert picture_store().all_keys() == [MARKER]


def test_the_cache_is_bounded_and_keeps_what_was_used(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache", most_bytes=16_000)
    for number in range(40):
        path = cache.put(f"480/{number}", bytes(1000))
        os.utime(path, (time.time() - 7200 + number,) * 2)
        assert cache.get("480/0") is not None, number  # used again and again
        files = [each for each in (tmp_path / "cache").rglob("*") if each.is_file()]
        assert sum(each.stat().st_size for each in files) <= 16_000
    assert cache.get("480/39") is not None
    assert cache.get("480/1") is None


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ("ftp://elsewhere", "must look like"),
        ("file:relative", "names no whole path"),
        ("s3://key:secret@bucket", "must hold no password"),
        ("s3://", "names no bucket"),
        ("file:{data}/scratch", "leads into PORTAL_DATA"),
        ("file:{data}", "leads into PORTAL_DATA"),
        ("file:{data}/..", "leads into PORTAL_DATA"),
    ],
)
def test_a_wrong_address_is_one_line(tmp_path: Path, given: str, wrong: str) -> None:
    url = given.format(data=tmp_path / "data")
    with pytest.raises(SettingError) as refused:
        load_settings({"PORTAL_DATA": str(tmp_path / "data"), "STORAGE_URL": url})
    assert str(refused.value).startswith("STORAGE_URL")
    assert wrong in str(refused.value)
    assert "secret" not in str(refused.value)


def test_its_credentials_are_its_own_and_shown_nowhere(tmp_path: Path) -> None:
    """Sites may not have those of the store of backups."""
    data = {"PORTAL_DATA": str(tmp_path / "data"), "STORAGE_ACCESS_KEY_ID": "key"}
    found = load_settings(data | {"STORAGE_SECRET_ACCESS_KEY": "hidden"})
    assert found.picture_store.credentials == ("key", "hidden")
    assert "hidden" not in repr(found)
    with pytest.raises(SettingError, match="together or not at all"):
        load_settings(data)


def test_places_do_not_overlap(tmp_path: Path) -> None:
    data, away = {"PORTAL_DATA": str(tmp_path / "data")}, tmp_path / "a b"
    found = load_settings(data | {"STORAGE_URL": f"file:{quote(str(away))}"}).picture_store
    assert (found.folder, found.address) == (away, f"file:{away}")
    assert load_settings(data).picture_store.folder == tmp_path / "data" / "images"
    with pytest.raises(SettingError, match="share a place"):
        load_settings(data | {"STORAGE_URL": "file:/x/a", "BACKUP_URL": "file:/x"})
    with pytest.raises(SettingError, match="the folder of STORAGE_URL"):
        load_settings(
            data | {"STORAGE_URL": "file:/x", "OPS_DATABASE_URL": "sqlite:////x/ops.sqlite3"}
        )
