"""Publishing: the next version, its file, and nobody's words lost."""

from pathlib import Path

import pytest
from sqlalchemy import select

from portal.accounts.models import Account
from portal.audit.models import AuditEntry
from portal.core.errors import Conflict, Invalid, NotFound, Unavailable
from portal.core.storage.database import db
from portal.documents.models import DocumentKind, DocumentVersion
from portal.documents.publishing import publish as publishing
from portal.documents.publishing.overlay import folder
from portal.documents.publishing.publish import (
    LARGEST,
    LARGEST_HEAD,
    MOST_LINES,
    publish,
    settle,
    withdraw,
)
from portal.documents.publishing.sources import source_of
from portal.documents.publishing.versions import publication_state, versions_of
from tests.documents.conftest import put

REPORT, TEMPLATE = DocumentKind.REPORT, DocumentKind.TEMPLATE


def published_by(
    by: Account, text: str, slug: str = "outage", *, opened: str | None = "now", note: str = ""
) -> DocumentVersion:
    """As a page does it: from what is there at present, committed, brought to the folder."""
    if opened == "now":
        opened = standing(slug).published and source_of(REPORT, slug).sha256
        if not opened and standing(slug).shipped:
            opened = source_of(REPORT, slug).sha256
    version = publish(REPORT, slug, text, opened=opened, note=note, by=by)
    db.session.commit()
    settle(REPORT, slug)
    return version


def standing(slug: str = "outage"):
    return publication_state(REPORT, slug)


def events() -> list[tuple[str, str]]:
    rows = db.session.scalars(select(AuditEntry).order_by(AuditEntry.seq))
    return [(row.action, row.outcome.value) for row in rows]


def test_a_new_text_is_version_one_and_its_file(omar, published: Path):
    version = published_by(omar, "# Outage", note="  first \n words ")
    assert (published / "outage.md").read_text() == "# Outage\n"
    assert (version.number, version.note, version.published_by) == (1, "first words", "Omar")
    assert version.base_sha256 is None
    assert version.settled
    assert folder(REPORT).get("outage").sha256 == version.sha256
    assert events() == [("document.published", "done")]


def test_the_shipped_file_stays_as_it_is(omar, shipped: Path, published: Path):
    put(shipped, "outage", "# As shipped\n")
    published_by(omar, "# As published")
    assert (shipped / "outage.md").read_text() == "# As shipped\n"
    assert folder(REPORT).get("outage").title == "As published"


def test_each_version_is_kept(omar, ana):
    published_by(omar, "# One")
    published_by(ana, "# Two", note="second thoughts")
    found = [
        (each.number, each.published_by, each.source) for each in versions_of(REPORT, "outage")
    ]
    assert found == [(2, "Ana", "# Two\n"), (1, "Omar", "# One\n")]
    two, one = versions_of(REPORT, "outage")
    assert two.base_sha256 == one.sha256


def test_line_ends_of_a_form_become_those_of_a_file(omar, published: Path):
    published_by(omar, "# Outage\r\n\r\nWords\r\n\r\n\r\n")
    assert (published / "outage.md").read_bytes() == b"# Outage\n\nWords\n"


def test_reports_and_templates_are_apart(omar, published: Path):
    published_by(omar, "# A report")
    publish(TEMPLATE, "outage", "# A template", opened=None, by=omar)
    db.session.commit()
    settle(TEMPLATE, "outage")
    assert (published / "emails" / "outage.md").read_text() == "# A template\n"
    assert [each.number for each in versions_of(TEMPLATE, "outage")] == [1]
    assert folder(REPORT).get("outage").title == "A report"


def test_what_somebody_else_published_meanwhile_is_not_overwritten(omar, ana, published: Path):
    published_by(omar, "# One")
    opened = source_of(REPORT, "outage").sha256
    published_by(ana, "# Two", opened=opened)
    with pytest.raises(Conflict, match="changed since you opened it"):
        published_by(omar, "# Three", opened=opened)
    db.session.rollback()
    assert (published / "outage.md").read_text() == "# Two\n"
    assert [each.number for each in versions_of(REPORT, "outage")] == [2, 1]


def test_a_change_by_hand_meanwhile_is_not_overwritten(omar, published: Path):
    published_by(omar, "# One")
    opened = source_of(REPORT, "outage").sha256
    put(published, "outage", "# By hand")
    with pytest.raises(Conflict):
        published_by(omar, "# Two", opened=opened)
    assert (published / "outage.md").read_text() == "# By hand"


def test_a_shipped_file_that_was_deployed_meanwhile_is_not_hidden(omar, shipped: Path):
    put(shipped, "outage", "# As shipped")
    opened = source_of(REPORT, "outage").sha256
    put(shipped, "outage", "# As shipped now")
    with pytest.raises(Conflict):
        published_by(omar, "# Mine", opened=opened)


@pytest.mark.parametrize("where", ["shipped", "published"])
def test_a_new_text_never_takes_the_place_of_one_that_is_there(omar, request, where: str):
    put(request.getfixturevalue(where), "outage", "# There before")
    with pytest.raises(Conflict, match="already a text at the address"):
        publish(REPORT, "outage", "# New", opened=None, by=omar)


def test_a_text_that_was_taken_away_meanwhile_is_said_to_be(omar, published: Path):
    published_by(omar, "# One")
    opened = source_of(REPORT, "outage").sha256
    (published / "outage.md").unlink()
    with pytest.raises(Conflict, match="taken away"):
        publish(REPORT, "outage", "# Two", opened=opened, by=omar)


def test_the_same_text_again_is_no_version(omar):
    published_by(omar, "# One")
    with pytest.raises(Conflict, match="Nothing was changed"):
        published_by(omar, "# One\r\n")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("---\na: [\n---\n", "outage.md, line 3"),
        ("", "no text"),
        ("\r\n \r\n", "no text"),
        ("a\0b", "character"),
        ("a\ud800b", "character"),
        ("x" * LARGEST, "larger than 100 kB"),
        ("\n" * MOST_LINES + "x", "longer than 2,000 lines"),
        ("---\na: " + "x" * LARGEST_HEAD + "\n---\n", "front matter is larger than 8 kB"),
        ("---\na: " + "[" * 201 + "\n---\n", "more than 200 brackets"),
    ],
)
def test_what_no_page_could_show_is_not_published(omar, published: Path, text: str, sentence: str):
    with pytest.raises(Invalid, match=sentence):
        publish(REPORT, "outage", text, opened=None, by=omar)
    assert not published.exists()


@pytest.mark.parametrize(
    "slug",
    ["../outage", "a/../../b", "/etc/cron", "Outage", "a b", "new", "emails", "", "a" * 101, "a.b"]
    + ["emails/outage", "-a", "a\0", "a\n", "é"],
)
def test_a_new_text_has_a_plain_name(omar, published: Path, slug: str):
    with pytest.raises((Invalid, NotFound)):
        publish(REPORT, slug, "# New", opened=None, by=omar)
    assert not list(published.parent.rglob("*.md"))


def test_a_shipped_file_keeps_its_name_whatever_it_is(omar, shipped: Path, published: Path):
    put(shipped, "2025/Outage, December", "# As shipped")
    published_by(omar, "# As published", "2025/Outage, December")
    assert (published / "2025" / "Outage, December.md").read_text() == "# As published\n"


def test_a_linked_folder_leads_nothing_outside(omar, shipped: Path, published: Path, tmp_path):
    put(shipped, "2025/outage", "# As shipped")
    published.mkdir(parents=True)
    (published / "2025").symlink_to(tmp_path)
    with pytest.raises(NotFound):
        published_by(omar, "# As published", "2025/outage")
    assert not (tmp_path / "outage.md").exists()


def test_a_link_in_the_place_of_a_file_is_replaced_and_not_followed(
    omar, shipped: Path, published: Path, tmp_path: Path
):
    put(shipped, "outage", "# As shipped")
    secret = put(tmp_path, "secret", "# Secret")
    published.mkdir(parents=True)
    (published / "outage.md").symlink_to(secret)
    published_by(omar, "# As published")
    assert secret.read_text() == "# Secret"
    assert not (published / "outage.md").is_symlink()


def test_a_text_that_was_put_there_by_hand_is_kept_as_a_version(omar, published: Path):
    put(published, "outage", "# By hand")
    published_by(omar, "# Mine")
    found = [(each.number, each.published_by) for each in versions_of(REPORT, "outage")]
    assert found == [(2, "Omar"), (1, "Talkback")]
    assert versions_of(REPORT, "outage")[1].source == "# By hand"


def test_nothing_is_left_where_the_request_is_refused(omar, published: Path):
    publish(REPORT, "outage", "# New", opened=None, by=omar)
    db.session.rollback()
    settle(REPORT, "outage")
    assert not published.exists()
    assert versions_of(REPORT, "outage") == []


def test_a_log_that_cannot_be_written_leaves_no_version_and_no_file(
    omar, published: Path, monkeypatch
):
    def fail(*_args, **_event):
        raise OSError("no log")

    monkeypatch.setattr(publishing, "record", fail)
    with pytest.raises(OSError, match="no log"):
        publish(REPORT, "outage", "# New", opened=None, by=omar)
    db.session.rollback()
    assert versions_of(REPORT, "outage") == []
    assert not published.exists()


def test_a_file_that_cannot_be_written_is_written_later(omar, published: Path):
    published.parent.mkdir(parents=True)
    published.write_text("a file where the folder should be")
    publish(REPORT, "outage", "# New", opened=None, by=omar)
    db.session.commit()
    with pytest.raises(Unavailable, match="recorded"):
        settle(REPORT, "outage")
    published.unlink()
    publishing.settle_all()
    assert (published / "outage.md").read_text() == "# New\n"


def test_a_withdrawn_text_gives_way_to_the_shipped_file(omar, shipped: Path, published: Path):
    put(shipped, "outage", "# As shipped")
    version = published_by(omar, "# As published")
    withdraw(REPORT, "outage", seen=version.sha256, by=omar)
    db.session.commit()
    settle(REPORT, "outage")
    assert not (published / "outage.md").exists()
    assert folder(REPORT).get("outage").title == "As shipped"
    assert versions_of(REPORT, "outage")[0].is_withdrawn
    assert events()[-1] == ("document.withdrawn", "done")


def test_what_was_withdrawn_can_be_published_again(omar, published: Path):
    version = published_by(omar, "# One")
    withdraw(REPORT, "outage", seen=version.sha256, by=omar)
    db.session.commit()
    settle(REPORT, "outage")
    with pytest.raises(NotFound):
        folder(REPORT).get("outage")
    assert published_by(omar, "# One").number == 2
    assert folder(REPORT).get("outage").title == "One"


def test_another_version_than_the_one_seen_is_not_withdrawn(omar, ana):
    seen = published_by(omar, "# One").sha256
    published_by(ana, "# Two")
    with pytest.raises(Conflict, match="Another version"):
        withdraw(REPORT, "outage", seen=seen, by=omar)


def test_only_what_was_published_can_be_withdrawn(omar, shipped: Path):
    put(shipped, "outage", "# As shipped")
    seen = source_of(REPORT, "outage").sha256
    with pytest.raises(Conflict, match="Nothing that was published"):
        withdraw(REPORT, "outage", seen=seen, by=omar)


def test_a_file_put_there_by_hand_is_kept_when_it_is_withdrawn(omar, published: Path):
    put(published, "outage", "# By hand")
    withdraw(REPORT, "outage", seen=source_of(REPORT, "outage").sha256, by=omar)
    db.session.commit()
    settle(REPORT, "outage")
    assert not (published / "outage.md").exists()
    assert versions_of(REPORT, "outage")[0].source == "# By hand"


def test_the_state_of_a_text_is_shown(omar, shipped: Path, published: Path):
    assert not standing().differs
    put(shipped, "outage", "# As shipped\n")
    assert (standing().differs, standing().shown) == (False, None)
    version = published_by(omar, "# As published")
    assert standing().differs
    assert standing().shown == version
    assert not standing().was_changed_by_hand
    put(published, "outage", "# By hand")
    assert standing().was_changed_by_hand
    assert standing().shown is None
    put(shipped, "outage", "# By hand")
    assert standing().is_in_repository
    assert not standing().differs
