"""A folder's files are parsed once each, for all threads, as long as they stay the same."""

import os
import threading
from pathlib import Path

import pytest

from portal.core.errors import Invalid
from portal.documents.document import read_document
from portal.documents.folders import folder as folders
from portal.documents.folders.contents import cached_from
from portal.documents.folders.folder import DocumentFolder
from portal.documents.folders.page_snapshot import begin_look, end_look
from portal.documents.publishing.overlay import PublishedFolder

MANY = 40


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "reports"
    (root / "inside").mkdir(parents=True)
    for number in range(MANY):
        name = f"inside/{number:03}" if number % 2 else f"{number:03}"
        (root / f"{name}.md").write_text(f"# Number {number}\n")
    return root


@pytest.fixture
def parsed(monkeypatch) -> list[str]:
    """The names of the files that are parsed."""
    names: list[str] = []

    def noted(path: Path, root: Path):
        names.append(path.name)
        return read_document(path, root)

    monkeypatch.setattr(folders, "read_document", noted)
    return names


@pytest.fixture
def walks(monkeypatch) -> list[Path]:
    found: list[Path] = []

    def noted(root: Path, **rest):
        found.append(root)
        return scan(root, **rest)

    scan = folders.scan_folder
    monkeypatch.setattr(folders, "scan_folder", noted)
    return found


@pytest.fixture
def at_once(monkeypatch) -> None:
    """As if all files had been written long ago, and the folder were a large one."""
    monkeypatch.setattr(folders, "_UNSURE", -1)
    monkeypatch.setattr(folders, "LARGE", 1)


def titles(folder) -> list[str]:
    return [document.title for document in folder.documents()]


def test_each_file_is_parsed_once_and_a_changed_one_again(root: Path, parsed: list[str]) -> None:
    folder = DocumentFolder(root)
    before = folder.contents()
    assert len(parsed) == MANY
    assert folder.contents() is before
    (root / "000.md").write_text("# Another\n")
    after = folder.contents()
    assert parsed[MANY:] == ["000.md"]
    assert after.by_slug["000"].title == "Another"
    assert after.by_slug["002"] is before.by_slug["002"]


def test_a_file_that_was_read_alone_is_not_parsed_again_by_the_list(
    root: Path, parsed: list[str]
) -> None:
    folder = DocumentFolder(root)
    folder.get("inside/001")
    folder.documents()
    assert sorted(parsed) == sorted(f"{number:03}.md" for number in range(MANY))


def test_a_file_that_was_just_written_is_compared_until_its_stamp_tells_all(
    root: Path, monkeypatch
) -> None:
    """Files of a release that was unpacked just before are not compared for ever."""
    folder = DocumentFolder(root)
    folder.documents()
    compared = []
    still = folders._is_still
    monkeypatch.setattr(folders, "_is_still", lambda *it: compared.append(it) or still(*it))
    folder.documents()
    assert len(compared) == MANY
    monkeypatch.setattr(folders, "_UNSURE", -1)
    folder.documents()
    compared.clear()
    folder.documents()
    assert compared == []


def test_what_is_gone_is_let_go(root: Path) -> None:
    folder = DocumentFolder(root)
    folder.documents()
    for path in root.glob("*.md"):
        path.unlink()
    assert len(titles(folder)) == MANY // 2
    assert len(folder._read) == MANY // 2
    folder.read("gone")
    assert len(folder._read) == MANY // 2


def test_what_is_beyond_the_bound_is_read_each_time_and_listed_all_the_same(
    root: Path, parsed: list[str], monkeypatch
) -> None:
    monkeypatch.setattr(folders, "KEPT_BYTES", sum(f.stat().st_size for f in root.glob("*.md")))
    folder = DocumentFolder(root)
    assert len(titles(folder)) == MANY
    parsed.clear()
    assert len(titles(folder)) == MANY
    assert 0 < len(parsed) < MANY


@pytest.mark.usefixtures("at_once")
def test_one_page_walks_once_and_a_request_that_writes_each_time(
    root: Path, walks: list[Path]
) -> None:
    folder = DocumentFolder(root)
    try:
        begin_look("GET")
        for _ in range(3):
            folder.documents()
        assert len(walks) == 1
        begin_look("POST")
        (root / "new.md").write_text("# New\n")
        assert "New" in titles(folder)
    finally:
        end_look()
    assert "New" in titles(folder)


def test_threads_that_ask_at_the_same_time_parse_each_file_once(
    root: Path, parsed: list[str]
) -> None:
    folder, start = DocumentFolder(root), threading.Barrier(8)
    seen = []

    def ask() -> None:
        start.wait()
        seen.append(folder.contents())

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(parsed) == MANY
    assert {id(contents) for contents in seen} == {id(seen[0])}


@pytest.mark.usefixtures("at_once")
def test_a_file_that_breaks_its_reader_hides_no_other(root: Path, monkeypatch) -> None:
    def broken(path: Path, root: Path):
        if path.name == "000.md":
            raise RecursionError
        if path.name == "002.md":
            raise PermissionError(13, "Permission denied")
        return read_document(path, root)

    monkeypatch.setattr(folders, "read_document", broken)
    folder = DocumentFolder(root)
    assert len(folder.documents()) == MANY - 2
    assert [str(each).split(",")[0] for each in folder.problems()] == ["000.md", "002.md"]
    monkeypatch.undo()
    assert isinstance(folder.read("000"), Invalid)
    assert folder.get("002").title == "Number 2"  # the system may have been in its way


def test_what_is_made_of_a_text_is_made_once_and_goes_with_it(root: Path) -> None:
    folder, made = DocumentFolder(root), []

    def shout(document) -> str:
        made.append(document.slug)
        return str(document.title).upper()

    for _ in range(2):
        assert cached_from(folder.get("000"), shout) == "NUMBER 0"
    (root / "000.md").write_text("# Else\n")
    assert cached_from(folder.get("000"), shout) == "ELSE"
    assert made == ["000", "000"]


def test_a_published_text_lies_over_the_shipped_one_without_a_new_list_each_time(
    root: Path, tmp_path: Path
) -> None:
    published = tmp_path / "published"
    both = PublishedFolder(DocumentFolder(root), DocumentFolder(published))
    before = both.contents()
    assert both.contents() is before
    published.mkdir()
    (published / "000.md").write_text("# Over it\n")
    assert both.contents().by_slug["000"].title == "Over it"
    assert list(both.contents().by_slug) == sorted(before.by_slug)


def _append(root: Path) -> None:
    with (root / "000.md").open("a") as file:
        file.write("More.\n")


def _write_over(root: Path) -> None:
    with (root / "000.md").open("r+") as file:
        file.write("# Changed\n")


def _replace_folder(root: Path) -> None:
    root.rename(root.with_name("old"))
    root.mkdir()
    (root / "000.md").write_text("# Changed\n")


def _turn_the_link(root: Path) -> None:
    other = root.with_name("next")
    other.mkdir()
    (other / "000.md").write_text("# Changed\n")
    root.unlink()
    root.symlink_to(other)


CHANGES = {
    "append": _append,
    "in place": _write_over,
    "replaced": lambda root: (root / "inside/001.md").rename(root / "000.md"),
    "removed": lambda root: (root / "inside" / "001.md").unlink(),
    "added": lambda root: (root / "inside" / "new.md").write_text("# New\n"),
    "folder": lambda root: (root / "later").mkdir(),
    "moved": lambda root: (root / "inside").rename(root / "outside"),
    "replaced as a whole": _replace_folder,
    "times": lambda root: os.utime(root / "000.md"),
}


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize("change", [*CHANGES, "link turned"])
def test_a_large_folder_is_walked_through_when_something_has_changed(
    root: Path, walks: list[Path], change: str
) -> None:
    if change == "link turned":
        (root.parent / "current").symlink_to(root)
        root = root.parent / "current"
    folder = DocumentFolder(root)
    for _ in range(3):
        folder.contents()
    assert len(walks) == 2  # the second one, since the kernel is asked from then on
    (CHANGES.get(change) or _turn_the_link)(root)
    found = folder.contents()
    assert len(walks) == 3
    assert found.by_slug == DocumentFolder(root).contents().by_slug
    if change == "folder":
        (root / "later" / "a.md").write_text("# In it\n")
        assert "later/a" in folder.contents().by_slug


ALONE = "22 1 {device} / / rw shared:1 - ext4 /dev/vda rw"
SHARED = "23 1 {device} / /srv rw - nfs4 server:/srv rw"


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize(
    ("mounts", "counts"),
    [
        ([ALONE], True),
        ([ALONE, ALONE.replace("/ / rw", "/data /data ro")], True),
        ([SHARED], False),
        ([ALONE, SHARED], False),
        ([SHARED.replace("nfs4", "virtiofs")], False),
        ([ALONE.replace("{device}", "250:250")], False),
        (["", "22 1", " - ", "22 1 {device} / / rw - "], False),
        ([], False),
    ],
)
def test_silence_counts_for_long_only_where_this_kernel_alone_writes(
    root: Path, walks: list[Path], tmp_path: Path, monkeypatch, mounts: list[str], counts: bool
) -> None:
    """What another machine writes into a shared folder is not told to this one."""
    device = root.stat().st_dev
    named = f"{os.major(device)}:{os.minor(device)}"
    (tmp_path / "mounts").write_text("\n".join(each.format(device=named) for each in mounts))
    monkeypatch.setattr("portal.documents.folders.mounts.MOUNTS", tmp_path / "mounts")
    monkeypatch.setattr(folders, "TRUSTED", 0.0)
    folder = DocumentFolder(root)
    for _ in range(4):
        folder.contents()
    assert len(walks) == (2 if counts else 4)


@pytest.mark.usefixtures("at_once")
def test_a_file_with_another_name_may_be_changed_unseen(
    root: Path, walks: list[Path], monkeypatch
) -> None:
    monkeypatch.setattr(folders, "TRUSTED", 0.0)
    os.link(root / "000.md", root.parent / "twin.md")
    folder = DocumentFolder(root)
    for _ in range(3):
        folder.contents()
    assert len(walks) == 3
    (root.parent / "twin.md").write_text("# By its other name\n")
    assert folder.contents().by_slug["000"].title == "By its other name"


@pytest.mark.usefixtures("at_once")
def test_silence_does_not_count_for_ever(root: Path, walks: list[Path], monkeypatch) -> None:
    monkeypatch.setattr(folders, "TRUSTED_HERE", 0.0)
    monkeypatch.setattr(folders, "TRUSTED", 0.0)
    folder = DocumentFolder(root)
    for _ in range(4):
        folder.contents()
    assert len(walks) == 4


@pytest.mark.usefixtures("at_once")
def test_where_the_kernel_cannot_tell_every_list_walks(
    root: Path, walks: list[Path], monkeypatch
) -> None:
    monkeypatch.setattr("ctypes.CDLL", lambda *_, **__: None)
    folder = DocumentFolder(root)
    for _ in range(3):
        folder.contents()
    assert len(walks) == 3
