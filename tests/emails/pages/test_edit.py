"""Administrators write; whoever comes second is told; what waits can be taken back."""

import pytest

from portal.emails.delivery.approval_hash import content_hash
from portal.emails.models import MessageState
from tests.emails.pages.conftest import all_messages, approve, edit
from tests.support.pages import words


def test_new_words_are_kept_and_shown(client, ana, make_drafts):
    message = make_drafts()[0]
    assert edit(client, message, subject="Other", body="One\r\n\r\nTwo").status_code == 303
    message = all_messages()[0]
    assert (message.subject, message.body) == ("Other", "One\n\nTwo")
    page = client.page(f"/ops/emails/{message.id}")
    assert page.find("textarea", id="body").text == "One\n\nTwo"
    assert "with words of its own" in words(page)


def test_saving_without_a_change_leaves_it_the_template_s(client, ana, make_drafts):
    message = make_drafts()[0]
    edit(client, message, body=message.body.replace("\n", "\r\n"))
    page = words(client.page(f"/ops/emails/{message.id}"))
    assert "unchanged but for its fields" in page


def test_whoever_saves_second_sees_a_conflict_and_keeps_what_they_typed(client, ana, make_drafts):
    message = make_drafts()[0]
    seen = content_hash(message)
    edit(client, message, body="The first")
    response = edit(client, all_messages()[0], seen=seen, body="The second")
    assert response.status_code == 409
    assert "The second" in response.text
    assert all_messages()[0].body == "The first"


@pytest.mark.parametrize("subject", ["a\r\nBcc: all@example.com", "a\nb", "a\x0bb"])
def test_29_a_line_break_in_the_subject_is_refused(client, ana, make_drafts, subject):
    message = make_drafts()[0]
    assert edit(client, message, subject=subject).status_code == 422
    assert all_messages()[0].subject == message.subject


def test_what_waits_can_not_be_edited_until_it_is_a_draft_again(client, ana, make_drafts):
    message = make_drafts()[0]
    approve(client, message)
    assert edit(client, all_messages()[0], body="Other").status_code == 409
    assert client.post(f"/ops/emails/{message.id}/approval/end").status_code == 303
    message = all_messages()[0]
    assert (message.state, message.seen_hash, message.once_key) == (MessageState.DRAFT, None, None)
    assert edit(client, message, body="Other").status_code == 303


def test_a_withdrawn_message_stays_where_it_is(client, ana, make_drafts):
    message = make_drafts()[0]
    assert client.post(f"/ops/emails/{message.id}/withdrawal").status_code == 303
    assert all_messages()[0].state is MessageState.WITHDRAWN
    assert approve(client, message).status_code == 409


def test_an_unknown_number_is_not_found(client, ana, contacts):
    for address in ("", "/preview", "/message.eml"):
        assert client.get(f"/ops/emails/999{address}").status_code == 404
