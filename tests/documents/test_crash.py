"""A process killed between the row and the file: what was committed comes to the folder."""

import signal
from pathlib import Path

import pytest

from portal.audit.models import AuditEntry
from portal.core.configuration.settings import Settings
from portal.core.errors import Conflict
from portal.core.storage.database import db
from portal.documents.models import DocumentKind
from portal.documents.publishing.overlay import folder
from portal.documents.publishing.publish import publish, settle, settle_all
from portal.documents.publishing.sources import source_of
from portal.documents.publishing.versions import unsettled, versions_of
from tests.documents import acts
from tests.documents.conftest import put
from tests.faults.forks import in_a_fork
from tests.support.cast import make_account

REPORT = DocumentKind.REPORT


@pytest.fixture
def shown(app, published: Path) -> Path:
    """A report that Omar has published."""
    publish(REPORT, "outage", "# Old", opened=None, by=make_account("omar"))
    db.session.commit()
    settle(REPORT, "outage")
    return published / "outage.md"


def killed(settings: Settings, act: str, when: str) -> None:
    assert in_a_fork(lambda: acts.perform(settings, act, when)) == -signal.SIGKILL


def rows() -> list[int]:
    db.session.rollback()
    numbers = [each.number for each in versions_of(REPORT, "outage")]
    db.session.rollback()
    return numbers


def test_killed_before_the_commit_nothing_happened(shown: Path, settings: Settings):
    killed(settings, "publish", "before the commit")
    assert rows() == [1]
    assert shown.read_text() == "# Old\n"
    assert unsettled() == []
    assert db.session.query(AuditEntry).count() == 1


@pytest.mark.parametrize("when", ["after the commit", "after the file"])
def test_killed_after_the_commit_the_file_follows(shown: Path, settings: Settings, when: str):
    killed(settings, "publish", when)
    assert rows() == [2, 1]
    assert unsettled() == [(REPORT, "outage")]
    assert shown.read_text() == ("# Old\n" if when == "after the commit" else "# New\n")
    settle_all()
    assert shown.read_text() == "# New\n"
    assert unsettled() == []
    assert [path.name for path in shown.parent.iterdir()] == ["outage.md"]


def test_whoever_publishes_next_meets_what_was_committed(shown: Path, settings: Settings):
    """The one who died had the first word; the second one is told, and nothing is lost."""
    killed(settings, "publish", "after the commit")
    db.session.rollback()
    opened = source_of(REPORT, "outage").sha256  # the old file is still there to be opened
    with pytest.raises(Conflict, match="changed since you opened it"):
        publish(REPORT, "outage", "# Mine", opened=opened, by=make_account("omar"))
    db.session.rollback()
    assert shown.read_text() == "# New\n"
    opened = source_of(REPORT, "outage").sha256
    publish(REPORT, "outage", "# Mine", opened=opened, by=make_account("omar"))
    db.session.commit()
    settle(REPORT, "outage")
    assert rows() == [3, 2, 1]
    assert shown.read_text() == "# Mine\n"


def test_a_withdrawal_is_followed_too(shown: Path, shipped: Path, settings: Settings):
    put(shipped, "outage", "# As shipped")
    killed(settings, "withdraw", "after the commit")
    db.session.rollback()
    settle_all()
    assert not shown.exists()
    assert folder(REPORT).get("outage").title == "As shipped"
    assert unsettled() == []


def test_what_a_person_put_there_after_the_crash_is_left_alone(shown: Path, settings: Settings):
    killed(settings, "publish", "after the commit")
    shown.write_text("# By hand")
    db.session.rollback()
    settle_all()
    assert shown.read_text() == "# By hand"
    assert unsettled() == []


def test_a_slow_process_does_not_put_an_older_text_over_a_newer_one(shown: Path):
    """It comes to its file only when somebody else has brought two versions to the folder."""
    omar = make_account("omar")
    for text in ("# Two", "# Three"):
        publish(REPORT, "outage", text, opened=source_of(REPORT, "outage").sha256, by=omar)
        db.session.commit()
        settle(REPORT, "outage")
    settle(REPORT, "outage")
    assert shown.read_text() == "# Three\n"
