"""PORTAL_DATA: closed to others at the start of each process, or the process does not start."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.core.configuration.settings import Settings, load_settings
from portal.core.errors import SettingError
from portal.core.files.data_folder import narrow_files, prepare_data_folder
from portal.core.files.private import (
    create_private,
    make_folder,
    open_private,
    write_once,
    write_whole,
)

GROUP = os.getgid()
WIDE = (0o755, 0o750, 0o711, 0o777, 0o704, 0o770)


def settings_for(data: Path, *, group: int | None = None, **more: str) -> Settings:
    named = {"PORTAL_GROUP": str(group)} if group is not None else {}
    return load_settings({"PORTAL_DATA": str(data), **named, **more})


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture(params=[0o000, 0o022, 0o077], ids=oct)
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


@pytest.fixture(params=[None, GROUP], ids=["one user", "two users"])
def settings(tmp_path: Path, request: pytest.FixtureRequest, umask: None) -> Settings:
    settings = settings_for(tmp_path / "data", group=request.param)
    prepare_data_folder(settings)
    return settings


def test_what_is_made_there_has_the_same_rights_whatever_the_umask(settings: Settings):
    file, folder = (0o600, 0o700) if settings.group is None else (0o660, 0o2770)
    data = settings.data
    assert mode(data) == folder
    inner = make_folder(data / "images" / "inner")
    os.close(create_private(data / "one"))
    os.close(open_private(data / "two"))
    write_whole(inner / "three", b"3")
    assert write_once(data / "four", b"4")
    assert [mode(data / each) for each in ("one", "two", "four")] == [file] * 3
    assert [mode(inner), mode(inner.parent), mode(inner / "three")] == [folder, folder, file]
    assert write_once(data / "key", b"5", alone=True)
    assert mode(data / "key") == 0o600
    assert not list(data.rglob("*.part"))


def test_what_is_written_once_is_never_half_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A disk that fills left an empty key before, which the next set-up took for one."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_once(tmp_path / "key", b"secret")
    assert list(tmp_path.iterdir()) == []
    monkeypatch.undo()
    assert write_once(tmp_path / "key", b"first")
    assert not write_once(tmp_path / "key", b"second")
    assert (tmp_path / "key").read_bytes() == b"first"


@pytest.mark.parametrize("wide", WIDE, ids=oct)
@pytest.mark.parametrize("held", ["", "ops.sqlite3", "images"])
def test_a_wider_folder_of_its_own_is_narrowed(tmp_path: Path, wide: int, held: str):
    if held:
        (tmp_path / held).touch()
        (tmp_path / held).chmod(0o644)
    tmp_path.chmod(wide)
    prepare_data_folder(settings_for(tmp_path))
    assert mode(tmp_path) == wide & 0o700
    assert not held or mode(tmp_path / held) == 0o600


@pytest.mark.parametrize("group", [None, GROUP])
@pytest.mark.parametrize("what", ["others' files", "a sticky folder", "a file"])
def test_a_wider_folder_of_somebody_else_is_refused_and_left_alone(
    tmp_path: Path, what: str, group: int | None
):
    data = tmp_path / "data"
    if what == "a file":
        data.touch()
    else:
        data.mkdir()
        (data / ("ops.sqlite3" if "sticky" in what else "letters.txt")).touch()
    data.chmod(0o1777 if "sticky" in what else 0o755)
    before = mode(data)
    with pytest.raises(SettingError, match="^PORTAL_DATA is "):
        prepare_data_folder(settings_for(data, group=group))
    assert mode(data) == before


def test_links_are_not_followed_and_only_rights_of_others_are_taken(tmp_path: Path):
    """A site that may write there could name the worker's own files."""
    data, other = tmp_path / "data", tmp_path / "other"
    settings = settings_for(data)
    prepare_data_folder(settings)
    other.touch()
    other.chmod(0o644)
    (data / "link").symlink_to(other)
    make_folder(data / "images")
    (data / "images" / "wide").touch()
    (data / "images" / "wide").chmod(0o664)
    prepare_data_folder(settings)
    assert mode(data / "images" / "wide") == 0o664  # nobody else gets there
    assert narrow_files(settings, deep=True) == 1
    assert mode(data / "images" / "wide") == 0o600
    assert mode(other) == 0o644


def test_a_shared_folder_keeps_the_key_and_the_scratch_folder_alone(tmp_path: Path):
    settings = settings_for(tmp_path / "data", group=GROUP)
    prepare_data_folder(settings)
    settings.backup_key_file.touch()
    settings.backup_key_file.chmod(0o640)
    make_folder(settings.data / "scratch").chmod(0o700)
    prepare_data_folder(settings)
    assert mode(settings.backup_key_file) == 0o600
    assert mode(settings.data / "scratch") == 0o700


@pytest.mark.parametrize(
    ("name", "rights"), [("ops.sqlite3", 0o600), ("jobs.sqlite3", 0o640), ("images", 0o700)]
)
def test_what_one_of_two_users_could_not_use_is_refused_at_the_start(
    tmp_path: Path, name: str, rights: int
):
    settings = settings_for(tmp_path / "data", group=GROUP)
    prepare_data_folder(settings)
    path = settings.data / name
    make_folder(path) if name == "images" else path.touch()
    path.chmod(rights)
    with pytest.raises(SettingError, match=f"can’t both use .*{name}. docs/operator.md"):
        prepare_data_folder(settings)
    assert mode(path) == rights


@pytest.mark.parametrize("rights", [0o700, 0o770, 0o2750])
def test_a_folder_that_is_not_shared_is_refused_where_two_users_are_named(
    tmp_path: Path, rights: int
):
    (tmp_path / "data").mkdir()
    (tmp_path / "data").chmod(rights)
    with pytest.raises(SettingError, match="no folder of that group with mode 2770"):
        prepare_data_folder(settings_for(tmp_path / "data", group=GROUP))


def test_the_folder_of_a_database_elsewhere_is_shared_too(tmp_path: Path):
    """SQLite makes its log beside the database, as whoever comes first."""
    (tmp_path / "elsewhere").mkdir()
    url = f"sqlite:///{tmp_path}/elsewhere/directory.sqlite3"
    settings = settings_for(tmp_path / "data", group=GROUP, PRODUCTION_DATABASE_URL=url)
    with pytest.raises(SettingError, match=r"elsewhere \(PRODUCTION_DATABASE_URL\)"):
        prepare_data_folder(settings)


def test_an_unknown_group_is_named():
    with pytest.raises(SettingError, match="PORTAL_GROUP is “no-such-group”"):
        load_settings({"PORTAL_GROUP": "no-such-group"})
