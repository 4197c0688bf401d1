"""The worker brings to the folder what a process that died had only recorded."""

from pathlib import Path

import pytest

from portal.core.storage.database import db
from portal.documents.models import DocumentKind
from portal.documents.publishing.publish import publish
from portal.documents.publishing.versions import unsettled
from portal.documents.tasks import PATIENCE, finish_what_was_begun
from portal.jobs.worker import each_second
from tests.support.cast import make_account

REPORT = DocumentKind.REPORT


@pytest.fixture(autouse=True)
def recorded(app):
    """A version whose file was not written."""
    publish(REPORT, "outage", "# New", opened=None, by=make_account("omar"))
    db.session.commit()


def test_the_worker_looks_after_it_each_second():
    assert finish_what_was_begun in each_second._ticks


def test_the_file_is_written(published: Path):
    finish_what_was_begun()
    assert (published / "outage.md").read_text() == "# New\n"
    assert unsettled() == []


def test_a_folder_that_cannot_be_written_is_tried_again_later(published: Path):
    published.parent.mkdir(parents=True)
    published.write_text("a file where the folder should be")
    assert finish_what_was_begun() == PATIENCE
    assert unsettled() == [(REPORT, "outage")]
    published.unlink()
    finish_what_was_begun()
    assert unsettled() == []


def test_one_file_that_cannot_be_written_holds_up_no_other(published: Path):
    published.mkdir(parents=True)
    (published / "outage.md").mkdir()
    publish(REPORT, "another", "# Another", opened=None, by=make_account("omar"))
    db.session.commit()
    finish_what_was_begun()
    assert (published / "another.md").read_text() == "# Another\n"
    assert unsettled() == [(REPORT, "outage")]
