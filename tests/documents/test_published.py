"""The shipped folder with what was published in the browser laid over it."""

import os
from pathlib import Path

import pytest

from portal.core.errors import Invalid, NotFound
from portal.documents.models import DocumentKind
from portal.documents.publishing.overlay import PublishedFolder, folder
from tests.documents.conftest import put

REPORT, TEMPLATE = DocumentKind.REPORT, DocumentKind.TEMPLATE


@pytest.fixture
def reports(app) -> PublishedFolder:
    return folder(REPORT)


def titles(found: PublishedFolder) -> list[str]:
    return [document.title for document in found.documents()]


def test_a_shipped_file_is_read_where_nothing_was_published(reports, shipped: Path):
    put(shipped, "outage", "# As shipped")
    assert reports.get("outage").title == "As shipped"
    assert titles(reports) == ["As shipped"]


def test_the_published_file_wins(reports, shipped: Path, published: Path):
    put(shipped, "outage", "# As shipped")
    put(published, "outage", "# As published")
    assert reports.get("outage").title == "As published"
    assert titles(reports) == ["As published"]


def test_a_file_that_was_only_published_is_listed_in_its_place(reports, shipped, published):
    put(shipped, "a", "# A")
    put(shipped, "c", "# C")
    put(published, "b", "# B")
    assert titles(reports) == ["A", "B", "C"]


def test_a_published_file_that_is_taken_away_uncovers_the_shipped_one(reports, shipped, published):
    put(shipped, "outage", "# As shipped")
    put(published, "outage", "# As published").unlink()
    assert reports.get("outage").title == "As shipped"


def test_neither_folder_needs_to_be_there(reports):
    assert reports.documents() == []
    with pytest.raises(NotFound):
        reports.get("outage")


def test_a_published_file_that_cannot_be_read_does_not_bring_the_old_text_back(
    reports, shipped, published
):
    put(shipped, "outage", "# As shipped")
    put(published, "outage", "---\na: [\n---\n")
    with pytest.raises(Invalid, match="outage.md, line 3"):
        reports.get("outage")
    assert titles(reports) == []
    assert [str(problem).split(":")[0] for problem in reports.problems()] == ["outage.md, line 3"]


def test_a_published_file_mends_a_shipped_one_that_cannot_be_read(reports, shipped, published):
    put(shipped, "outage", "---\na: [\n---\n")
    put(published, "outage", "# Fixed")
    assert reports.problems() == []
    assert titles(reports) == ["Fixed"]


def test_templates_and_pictures_are_no_reports(reports, shipped, published):
    for root in (shipped, published):
        put(root, "emails/outage", "# To the client")
        put(root, "images/notes", "# Notes")
    assert titles(reports) == []
    for slug in ("emails/outage", "images/notes"):
        with pytest.raises(NotFound):
            reports.get(slug)


def test_templates_lie_in_their_own_folder(app, shipped, published):
    put(shipped, "outage", "# A report")
    put(shipped, "emails/outage", "# As shipped")
    put(published, "emails/outage", "# As published")
    assert titles(folder(TEMPLATE)) == ["As published"]
    assert folder(TEMPLATE).get("outage").title == "As published"


def test_a_report_may_be_named_emails(reports, shipped):
    put(shipped, "emails", "# Emails were late")
    assert titles(reports) == ["Emails were late"]


def test_a_folder_of_the_reports_own_is_read(reports, shipped):
    put(shipped, "2025/outage", "# In a folder")
    assert reports.get("2025/outage").title == "In a folder"


@pytest.mark.parametrize("slug", ["../secret", "../../secret", "a/../outage", "/etc/hosts", "x\0"])
def test_no_name_leads_outside(reports, shipped: Path, published: Path, slug: str):
    put(shipped, "outage", "# As shipped")
    put(published.parent, "secret", "# Secret")
    put(shipped.parent, "secret", "# Secret")
    with pytest.raises(NotFound):
        reports.get(slug)


def test_no_link_leads_outside(reports, shipped: Path, published: Path, tmp_path: Path):
    secret = put(tmp_path, "secret", "# Secret")
    put(shipped, "outage", "# As shipped")
    published.mkdir(parents=True)
    (published / "outage.md").symlink_to(secret)
    (published / "up").symlink_to(tmp_path)
    assert titles(reports) == ["As shipped"]
    with pytest.raises(NotFound):
        reports.get("up/secret")


def test_two_texts_of_one_size_written_in_one_moment_are_distinguished(reports, published: Path):
    path = put(published, "outage", "# One")
    assert reports.get("outage").title == "One"
    stat = path.stat()
    other = put(published, "other", "# Two")
    other.replace(path)
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert reports.get("outage").title == "Two"
