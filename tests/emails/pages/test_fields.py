"""Fields of a draft can be changed: by ops too, while nobody wrote words of their own."""

import pytest

from portal.core.storage.database import db
from portal.emails.delivery.approval_hash import content_hash
from portal.emails.models import MessageState
from tests.emails.pages.conftest import all_messages, approve, edit
from tests.support.cast import log_in, make_account
from tests.support.pages import words


@pytest.fixture
def omar(client):
    log_in(client, make_account("omar"))


def refill(client, message, cause="rain", **more: str):
    data = {"seen": content_hash(message), "field-0": cause, **more}
    return client.post(f"/ops/emails/{message.id}/fields", data=data)


def test_ops_change_a_field_and_may_still_approve(client, omar, contacts, make_drafts):
    message, other, _ = make_drafts()
    page = client.page(f"/ops/emails/{message.id}")
    assert page.find("textarea", id="field-0").text == "a fuse"
    assert not page.find("textarea", id="body")
    assert refill(client, message).status_code == 303
    message, other, _ = all_messages()
    assert "it was rain." in message.body
    assert "it was a fuse." in other.body
    assert approve(client, message).status_code == 303


def test_the_other_drafts_go_along_but_for_those_with_words_of_their_own(client, ana, make_drafts):
    message, own, third = make_drafts()
    edit(client, own, body="Mine")
    assert refill(client, message, with_others="yes").status_code == 303
    message, own, third = all_messages()
    assert "rain" in message.body
    assert "rain" in third.body
    assert own.body == "Mine"


def test_what_looked_at_the_old_words_approves_nothing(client, ana, make_drafts):
    message = make_drafts()[0]
    seen = content_hash(message)
    refill(client, message)
    assert approve(client, all_messages()[0], seen=seen).status_code == 409


def test_own_words_are_an_administrator_s_to_give_up(client, app, ana, make_drafts):
    message = make_drafts()[0]
    edit(client, message, body="Mine")
    page = words(client.page(f"/ops/emails/{message.id}"))
    assert "the template’s again, and they are lost" in page
    ops = app.test_client()
    log_in(ops, make_account("omar"))
    assert not ops.page(f"/ops/emails/{message.id}").find("textarea", id="field-0")
    assert refill(ops, all_messages()[0]).status_code == 403
    assert all_messages()[0].body == "Mine"
    assert refill(client, all_messages()[0]).status_code == 303
    assert "it was rain." in all_messages()[0].body


def test_a_private_link_and_the_sender_stay(client, app, ana, make_drafts):
    message = make_drafts(template="linked")[0]
    body = message.body
    ops = app.test_client()
    log_in(ops, make_account("omar"))
    assert refill(ops, message).status_code == 303
    assert all_messages()[0].body == body


def test_of_a_changed_template_or_a_waiting_message_nothing_is_filled_in(
    client, app, ana, make_drafts
):
    message, other, _ = make_drafts()
    approve(client, message)
    assert refill(client, all_messages()[0]).status_code == 409
    file = app.extensions["portal.settings"].incidents_dir / "emails" / "update.md"
    file.write_text(file.read_text(encoding="utf-8") + "\nMore.\n", encoding="utf-8")
    response = refill(client, other)
    assert response.status_code == 409
    assert "Withdraw the draft and create it again." in response.text


def test_a_changed_report_blocks_until_the_draft_is_filled_in_again(
    client, app, omar, contacts, make_drafts
):
    message = make_drafts(template="by-day")[0]
    file = app.extensions["portal.settings"].incidents_dir / "2026-03-09-away.md"
    file.write_text(file.read_text(encoding="utf-8") + "\nMore.\n", encoding="utf-8")
    page = words(client.page(f"/ops/emails/{message.id}"))
    assert "The report, or what this client may read, was changed." in page
    assert approve(client, message).status_code in (403, 409)
    assert all_messages()[0].is_draft
    log_in(client, make_account("ana"))
    assert approve(client, message).status_code == 409
    assert refill(client, message).status_code == 303
    assert approve(client, all_messages()[0]).status_code == 303


def test_the_report_of_another_incident_blocks(client, app, ana, make_drafts):
    folder = app.extensions["portal.settings"].incidents_dir
    (folder / "2026-02-01-other.md").write_text("---\ndate: 2026-02-01\n---\n# Other\n")
    template = "---\nsubject: x\nattachments: [docs/2026-02-01-other.md]\n---\nHi [Client Name]\n"
    (folder / "emails" / "other.md").write_text(template)
    message = make_drafts(template="other")[0]
    page = words(client.page(f"/ops/emails/{message.id}"))
    assert "The attachment is the report of another incident, “2026-02-01-other”." in page
    assert approve(client, message).status_code == 409
    assert all_messages()[0].is_draft


def test_a_contact_who_moved_gets_it_at_the_new_address_or_not_at_all(client, ana, make_drafts):
    message = make_drafts()[0]
    message.contact.email = "cleo@new.example"
    db.session.commit()
    assert approve(client, message).status_code == 409
    assert refill(client, message).status_code == 303
    message = all_messages()[0]
    assert message.to_address == "cleo@new.example"
    approve(client, message)
    message.contact.email = "cleo@newer.example"
    db.session.commit()
    assert client.post(f"/ops/emails/{message.id}/approval/end").status_code == 303
    message = all_messages()[0]
    assert (message.state, message.to_address) == (MessageState.DRAFT, "cleo@newer.example")
