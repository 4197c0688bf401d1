"""A folder shows its Markdown files, and nothing outside of it."""

import os
from pathlib import Path

import pytest

from portal.core.errors import Invalid, NotFound
from portal.documents.folders.folder import DocumentFolder


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "runbooks"
    (root / "etcd").mkdir(parents=True)
    (root / "weekly-backup.md").write_text("# Weekly backup\n")
    (root / "etcd" / "no-leader.md").write_text("# No leader\n")
    (root / "notes.txt").write_text("no Markdown")
    (tmp_path / "secret.md").write_text("# Secret\n")
    return root


@pytest.fixture
def folder(root: Path) -> DocumentFolder:
    return DocumentFolder(root)


def slugs(folder: DocumentFolder) -> list[str]:
    return [document.slug for document in folder.documents()]


def test_all_markdown_files_are_listed_by_path(folder: DocumentFolder) -> None:
    assert slugs(folder) == ["etcd/no-leader", "weekly-backup"]


def test_a_document_is_found_by_its_slug(folder: DocumentFolder) -> None:
    assert folder.get("etcd/no-leader").title == "No leader"


def test_a_folder_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert DocumentFolder(tmp_path / "nowhere").documents() == []
    with pytest.raises(NotFound):
        DocumentFolder(tmp_path / "nowhere").get("a")


@pytest.mark.parametrize(
    "slug",
    [
        "",
        ".",
        "..",
        "../secret",
        "etcd/../../secret",
        "etcd/../weekly-backup",
        "/etc/passwd",
        "//weekly-backup",
        "./weekly-backup",
        "etcd//no-leader",
        "etcd/no-leader/",
        "weekly-backup.md",
        "weekly-backup\0",
        "..\\secret",
        "%2e%2e/secret",
        "notes",
        "nobody",
        "etcd",
        "a" * 5_000,
        "\ud800",
    ],
)
def test_30_any_other_name_is_not_found(folder: DocumentFolder, slug: str) -> None:
    with pytest.raises(NotFound):
        folder.get(slug)


def test_the_absolute_path_of_a_file_is_not_found(folder: DocumentFolder, root: Path) -> None:
    with pytest.raises(NotFound):
        folder.get(str(root / "weekly-backup"))


def test_30_a_link_that_leads_outside_is_not_there(folder: DocumentFolder, root: Path) -> None:
    (root / "link.md").symlink_to(root.parent / "secret.md")
    with pytest.raises(NotFound):
        folder.get("link")
    assert "link" not in slugs(folder)


def test_30_a_linked_folder_that_leads_outside_is_not_there(
    folder: DocumentFolder, root: Path
) -> None:
    (root / "up").symlink_to(root.parent)
    with pytest.raises(NotFound):
        folder.get("up/secret")
    assert slugs(folder) == ["etcd/no-leader", "weekly-backup"]


def test_30_a_link_that_is_put_in_place_of_a_known_file_is_not_followed(
    folder: DocumentFolder, root: Path
) -> None:
    folder.get("weekly-backup")
    (root / "weekly-backup.md").unlink()
    (root / "weekly-backup.md").symlink_to(root.parent / "secret.md")
    with pytest.raises(NotFound):
        folder.get("weekly-backup")


def test_a_link_inside_the_folder_is_a_document(folder: DocumentFolder, root: Path) -> None:
    (root / "link.md").symlink_to(root / "weekly-backup.md")
    assert folder.get("link").title == "Weekly backup"


def test_the_folder_itself_may_be_a_link(root: Path) -> None:
    (root.parent / "current").symlink_to(root)
    assert DocumentFolder(root.parent / "current").get("weekly-backup").title == "Weekly backup"


@pytest.mark.parametrize("make", ["dangling", "circle", "pipe", "folder"])
def test_what_is_no_file_is_not_there(folder: DocumentFolder, root: Path, make: str) -> None:
    path = root / "odd.md"
    if make == "pipe":
        os.mkfifo(path)
    elif make == "folder":
        path.mkdir()
    else:
        path.symlink_to(root / ("odd.md" if make == "circle" else "gone.md"))
    with pytest.raises(NotFound):
        folder.get("odd")
    assert "odd" not in slugs(folder)


def test_hidden_files_are_not_there(folder: DocumentFolder, root: Path) -> None:
    (root / ".git").mkdir()
    (root / ".git" / "a.md").write_text("# A")
    assert slugs(folder) == ["etcd/no-leader", "weekly-backup"]


def test_a_file_is_read_once(folder: DocumentFolder) -> None:
    assert folder.get("weekly-backup") is folder.get("weekly-backup")


def test_a_changed_file_is_read_again(folder: DocumentFolder, root: Path) -> None:
    folder.get("weekly-backup")
    (root / "weekly-backup.md").write_text("# Another title\n")
    assert folder.get("weekly-backup").title == "Another title"


def test_a_file_changed_to_the_same_size_is_read_again(folder: DocumentFolder, root: Path) -> None:
    path = root / "weekly-backup.md"
    folder.get("weekly-backup")
    path.write_text("# Weekly becalm\n")
    os.utime(path, ns=(1, 1))
    assert folder.get("weekly-backup").title == "Weekly becalm"


def test_a_removed_file_is_not_found_any_more(folder: DocumentFolder, root: Path) -> None:
    folder.get("weekly-backup")
    (root / "weekly-backup.md").unlink()
    with pytest.raises(NotFound):
        folder.get("weekly-backup")


def test_one_broken_file_hides_no_other(folder: DocumentFolder, root: Path) -> None:
    (root / "broken.md").write_text("---\na: [\n---\n")
    assert slugs(folder) == ["etcd/no-leader", "weekly-backup"]
    (problem,) = folder.problems()
    assert str(problem).startswith("broken.md, line 3:")
    with pytest.raises(Invalid, match="line 3"):
        folder.get("broken")


def test_the_prometheus_runbooks_and_their_index_pages_are_all_there(corpora: Path) -> None:
    folder = DocumentFolder(corpora / "corpora" / "runbooks" / "prometheus-operator")
    names = slugs(folder)
    assert len(names) == 117
    assert sum(name.rsplit("/", 1)[-1] == "_index" for name in names) == 9
    assert folder.problems() == []


def test_a_text_written_over_another_in_the_same_moment_is_read(root: Path) -> None:
    """In place, of one size, and with the times of before, as far as a program can set them."""
    folder, path = DocumentFolder(root), root / "weekly-backup.md"
    stat = path.stat()
    for number in range(300):
        with path.open("r+") as file:
            file.write(f"# Number {number:06}\n")
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
        assert folder.get("weekly-backup").title == f"Number {number:06}"
