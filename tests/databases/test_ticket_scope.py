"""A ticket covers exactly the revisions that were planned and confirmed."""

import pytest

from portal.core.errors import Refused
from tests.databases import stage
from tests.databases.revising import write_revision
from tests.support.changes import approved_ticket, change


def test_a_revision_added_after_the_approval_does_not_run(app, history):
    target = stage.place(studios=6)
    ticket = approved_ticket(target)
    before = stage.content(target)
    write_revision(history)

    with pytest.raises(Refused, match="is for another change"):
        change(target, to="head", ticket=ticket)
    assert stage.content(target) == before
