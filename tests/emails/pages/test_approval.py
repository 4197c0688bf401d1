"""Nothing leaves but what somebody looked at and may approve, once."""

import email
from email.policy import strict

import pytest
from sqlalchemy import select

from portal.accounts.models import Reading
from portal.audit.models import AuditEntry, Outcome
from portal.core.clock import now
from portal.core.storage.database import db
from portal.emails.delivery.approval_hash import content_hash
from portal.emails.models import MessageState
from tests.emails.pages.conftest import all_messages, approve, edit
from tests.support.cast import log_in, make_account
from tests.support.pages import check_page, words


def test_what_was_seen_is_handed_to_the_outbox(client, ana, make_drafts):
    message, other, _ = make_drafts()
    seen = client.page(f"/ops/emails/{message.id}").find("input", attrs={"name": "seen"})["value"]
    response = approve(client, message, seen=seen)
    assert response.status_code == 303, words(check_page(response.text))
    assert response.location == f"/ops/emails/{other.id}"
    message = all_messages()[0]
    assert (message.state, message.approved_by) == (MessageState.WAITING, "Ana")
    letter = email.message_from_bytes(message.copy, policy=strict)
    assert letter["To"].addresses[0].addr_spec == "cleo@example.com"
    assert letter["Reply-To"] == "ana@example.com"
    assert letter["Message-ID"] == message.message_id
    assert "Hi Cleo," in letter.get_body(("plain",)).get_content()
    assert [part.defects for part in letter.walk() if part.defects] == []


def test_after_the_last_one_the_list_says_who_was_sent_a_message(client, ana, make_drafts):
    for message in make_drafts():
        response = approve(client, message)
    assert response.location == "/ops/emails?incident=2026-03-09-away"
    page = words(client.page(response.location))
    assert all(name in page for name in ("Cleo Marsh", "Dan Hill", "Eve Stone"))


def test_an_edit_after_the_look_voids_the_approval(client, ana, make_drafts):
    message = make_drafts()[0]
    seen = content_hash(message)
    edit(client, message, body="Hi Cleo, all is well.")
    response = approve(client, all_messages()[0], seen=seen)
    assert response.status_code == 409
    assert all_messages()[0].is_draft


def test_approving_twice_sends_once(client, ana, make_drafts):
    message = make_drafts()[0]
    seen = content_hash(message)
    assert approve(client, message, seen=seen).status_code == 303
    copy = all_messages()[0].copy
    assert approve(client, message, seen=seen).status_code == 409
    assert all_messages()[0].copy == copy
    approvals = select(AuditEntry).where(AuditEntry.action == "message.approved")
    assert len(db.session.scalars(approvals).all()) == 1


def test_a_second_mailing_can_not_tell_the_same_update_again(client, ana, make_drafts):
    make_drafts()
    first, again = all_messages()[0], make_drafts(template="linked")[3]
    first.mailing.update_key = again.mailing.update_key = "2026-03-09T15:00:00+00:00"
    db.session.commit()
    assert approve(client, first).status_code == 303
    page = client.page(f"/ops/emails/{again.id}")
    assert page.find("a", href=f"/ops/emails/{first.id}")
    assert page.select_one("form[action$=approval] button").has_attr("disabled")
    response = approve(client, again)
    assert response.status_code == 409
    assert "already sent a message about this update" in response.text


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("Hi [Client Name]", "Nothing is filled in for “[Client Name]”."),
        ("Hi Zenith Audio", "“Zenith Audio” is another client’s name."),
        ("Hi Eve Stone", "“Eve Stone” is another client’s name."),
        ("The Blue Team did it", "“blue team” is an internal word."),
        ("password: hunter2hunter2", "seems to hold a password"),
        ("[x](/nothing/there)", "leads nowhere"),
    ],
)
def test_a_blocking_finding_stops_an_administrator_too(client, ana, make_drafts, body, sentence):
    message = make_drafts()[0]
    assert edit(client, message, body=body).status_code == 303
    message = all_messages()[0]
    page = client.page(f"/ops/emails/{message.id}")
    assert sentence in words(page)
    assert page.select_one("form[action$=approval] button").has_attr("disabled")
    response = approve(client, message)
    assert response.status_code == 409
    assert all_messages()[0].is_draft


def test_an_empty_field_stops_it(client, ana, make_drafts):
    message = make_drafts(cause="")[0]
    assert "“[Cause]”" in words(client.page(f"/ops/emails/{message.id}"))
    assert approve(client, message).status_code == 409


def test_ops_send_the_template_unchanged_but_for_its_fields(client, contacts, make_drafts):
    log_in(client, make_account("omar"))
    message = make_drafts(cause="a *fuse* [x]")[0]
    assert approve(client, message).status_code == 303
    assert all_messages()[0].approved_by == "Omar"


def test_ops_may_not_approve_words_of_their_own_or_anybody_s(client, app, ana, make_drafts):
    message = make_drafts()[0]
    edit(client, message, body=message.body + "\n\nP.S. All is well.")
    log_in(client, make_account("omar"))
    message = all_messages()[0]
    response = approve(client, message)
    assert response.status_code == 403
    last = db.session.scalars(select(AuditEntry).order_by(AuditEntry.seq.desc())).first()
    assert (last.action, last.outcome) == ("message.approval-refused", Outcome.REFUSED)
    assert edit(client, message, body="Mine").status_code == 403
    assert all_messages()[0].is_draft


def test_ops_may_not_send_what_the_template_no_longer_says(client, app, contacts, make_drafts):
    log_in(client, make_account("omar"))
    message = make_drafts()[0]
    file = app.extensions["portal.settings"].incidents_dir / "emails" / "update.md"
    file.write_text(file.read_text(encoding="utf-8") + "\nMore.\n", encoding="utf-8")
    assert approve(client, message).status_code == 403


MEANWHILE = {
    "they get no messages": lambda contact: setattr(contact, "gets_messages", False),
    "they are archived": lambda contact: setattr(contact, "archived_at", now()),
    "their client is archived": lambda contact: setattr(contact.organisation, "archived_at", now()),
    "their address is another": lambda contact: setattr(contact, "email", "new@example.com"),
    "their name is another": lambda contact: setattr(contact, "name", "Cleo Brook"),
    "they read what names them": lambda contact: setattr(
        contact.organisation, "reading", Reading.NAMED
    ),
}


@pytest.mark.parametrize("change", MEANWHILE)
def test_a_contact_that_changed_meanwhile_is_sent_nothing_for_the_old_one(
    client, ana, make_drafts, change
):
    message = make_drafts()[0]
    MEANWHILE[change](message.contact)
    db.session.commit()
    assert approve(client, message).status_code == 409
    assert all_messages()[0].is_draft


def test_what_is_for_others_is_not_in_the_letter_that_leaves(client, ana, make_drafts):
    body = "Hi Cleo\n\n/// internal\nthe boss\n///\n\n/// client zenith\nonly they\n///\n\nBye"
    message = make_drafts()[0]
    assert edit(client, message, body=body).status_code == 303
    assert approve(client, all_messages()[0]).status_code == 303
    letter = email.message_from_bytes(all_messages()[0].copy, policy=strict)
    for kind in ("plain", "html"):
        text = letter.get_body((kind,)).get_content()
        assert "Bye" in text
        assert not any(words in text for words in ("boss", "only they", "///"))


@pytest.mark.parametrize("name", ["cleo", None])
def test_no_other_role_may_approve(app, client, ana, make_drafts, name):
    message = make_drafts()[0]
    other = app.test_client()
    if name:
        log_in(other, make_account(name))
    assert approve(other, message).status_code == (403 if name else 303)
    assert all_messages()[0].is_draft


def test_without_the_token_nothing_happens(client, ana, make_drafts):
    message = make_drafts()[0]
    data = {"seen": content_hash(message)}
    address = f"/ops/emails/{message.id}/approval"
    assert client.post(address, data=data, with_token=False).status_code == 400
    assert client.get(address).status_code == 405
    assert all_messages()[0].is_draft
