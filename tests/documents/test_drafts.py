"""Drafts: saved, come back to, and nobody else's business."""

from datetime import timedelta

import pytest

from portal.accounts.models import Account
from portal.core.clock import now
from portal.core.errors import Invalid
from portal.core.storage.database import db
from portal.documents.drafting.drafts import (
    discard_draft,
    draft_of,
    drafts_of,
    others_at_work,
    save_draft,
)
from portal.documents.models import DocumentKind
from tests.documents.conftest import put

REPORT, TEMPLATE = DocumentKind.REPORT, DocumentKind.TEMPLATE


def saved(by: Account, text: str, slug: str = "outage", opened: str | None = None):
    draft = save_draft(REPORT, slug, text, opened=opened, by=by)
    db.session.commit()
    return draft


def test_a_draft_is_found_again(omar):
    saved(omar, "# Outage\r\n", opened="1" * 64)
    found = draft_of(REPORT, "outage", by=omar)
    assert found
    assert (found.source, found.base_sha256) == ("# Outage\n", "1" * 64)


def test_a_draft_saved_again_takes_the_place_of_the_first(omar):
    saved(omar, "# One")
    saved(omar, "# Two")
    assert [draft.source for draft in drafts_of(REPORT, by=omar)] == ["# Two\n"]


def test_what_cannot_be_published_yet_can_be_saved(omar):
    assert saved(omar, "---\na: [\n---\n").source == "---\na: [\n---\n"


def test_each_person_has_their_own(omar, ana):
    saved(omar, "# Omar’s")
    saved(ana, "# Ana’s")
    assert draft_of(REPORT, "outage", by=omar).source == "# Omar’s\n"
    assert drafts_of(REPORT, by=ana)[0].source == "# Ana’s\n"


def test_a_draft_of_a_template_is_none_of_a_report(omar):
    saved(omar, "# A report")
    assert drafts_of(TEMPLATE, by=omar) == []
    assert draft_of(TEMPLATE, "outage", by=omar) is None


def test_the_last_saved_comes_first(omar):
    first = saved(omar, "# One", "one")
    saved(omar, "# Two", "two")
    first.saved_at = now() + timedelta(minutes=1)
    db.session.commit()
    assert [draft.slug for draft in drafts_of(REPORT, by=omar)] == ["one", "two"]


def test_a_draft_is_discarded_and_discarding_twice_does_no_harm(omar):
    saved(omar, "# Outage")
    for _ in range(2):
        discard_draft(REPORT, "outage", by=omar)
        db.session.commit()
    assert drafts_of(REPORT, by=omar) == []


def test_who_else_is_editing_it_is_shown_by_name(omar, ana):
    saved(ana, "# Ana’s")
    assert others_at_work(REPORT, "outage", besides=omar) == ["Ana"]
    assert others_at_work(REPORT, "outage", besides=ana) == []
    assert others_at_work(REPORT, "another", besides=omar) == []


def test_who_was_at_it_weeks_ago_is_not(omar, ana):
    saved(ana, "# Ana’s").saved_at = now() - timedelta(days=15)
    db.session.commit()
    assert others_at_work(REPORT, "outage", besides=omar) == []


@pytest.mark.parametrize("slug", ["../outage", "Outage", "new", ""])
def test_a_draft_of_a_new_text_has_a_plain_name(omar, slug: str):
    with pytest.raises(Invalid):
        save_draft(REPORT, slug, "# New", opened=None, by=omar)


def test_a_draft_of_a_shipped_text_has_its_name(omar, shipped):
    put(shipped, "2025/Outage", "# As shipped")
    assert saved(omar, "# Mine", "2025/Outage").slug == "2025/Outage"


def test_an_empty_draft_is_none(omar):
    with pytest.raises(Invalid, match="no text"):
        save_draft(REPORT, "outage", " \r\n", opened=None, by=omar)
