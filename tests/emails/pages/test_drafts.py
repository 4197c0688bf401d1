"""Choosing incident, template and people makes one draft each, filled in."""

import pytest
from sqlalchemy import select

from portal.accounts.models import Reading
from portal.audit.models import AuditEntry
from portal.core.storage.database import db
from portal.incidents.client_area.link_addresses import STAND_IN
from portal.incidents.models import PrivateLink
from tests.emails.pages.conftest import all_messages
from tests.support.cast import log_in, make_account
from tests.support.pages import words


def test_the_page_leads_from_incident_to_template_to_people(client, ana, contacts):
    page = client.page("/ops/emails/new")
    address = page.find("a", string="The site was away")["href"]
    page = client.page(address)
    page = client.page(page.find("a", string="Update")["href"])
    assert page.find("textarea", attrs={"name": "field-0"})
    assert len(page.find_all("input", attrs={"name": "contact"})) == 3


def test_each_person_gets_a_draft_of_their_own(client, ana, contacts, make_drafts):
    found = make_drafts()
    assert [each.to_address for each in found] == [each.email for each in contacts]
    assert {each.subject for each in found} == {"The site on 9 March 2026"}
    for message, contact in zip(found, contacts, strict=True):
        assert message.is_draft
        assert message.body.startswith(f"Hi {contact.salutation},")
        assert "it was a fuse." in message.body
        assert message.body.endswith("\n\nAna")
    last = db.session.scalars(select(AuditEntry).order_by(AuditEntry.seq.desc())).first()
    assert last.action == "mailing.created"
    assert "fuse" not in last.canonical


def test_a_private_link_is_not_made_yet_a_stand_in_holds_its_place(client, ana, make_drafts):
    found = make_drafts(template="linked")
    assert db.session.scalars(select(PrivateLink)).all() == []
    assert all(f"/client/links/{STAND_IN}" in each.body for each in found)
    page = words(client.page(f"/ops/emails/{found[0].id}"))
    assert "Private linkmade as the message is sent, valid for 30 days" in page
    assert STAND_IN in client.get(f"/ops/emails/{found[0].id}/preview").text
    answer = client.get(f"/client/links/{STAND_IN}")
    assert (answer.status_code, "made as it is sent" in answer.text) == (404, True)


def test_what_is_typed_for_a_field_is_shown_as_typed(client, ana, make_drafts):
    typed = "{{ 7*7 }} [Client Name] <b>*x*</b>"
    message = make_drafts(cause=typed)[0]
    preview = client.get(f"/ops/emails/{message.id}/preview").text
    assert "it was {{ 7*7 }} [Client Name] &lt;b&gt;*x*&lt;/b&gt;." in preview
    found = client.page(f"/ops/emails/{message.id}").select(".findings li")
    assert len(found) == 1
    assert "“{{ 7*7 }}” looks like a placeholder of another system" in words(found[0])


def test_without_anybody_nothing_is_made_and_what_was_typed_stays(client, ana, contacts):
    data = {"incident": "2026-03-09-away", "template": "update", "field-0": "a fuse"}
    response = client.post("/ops/emails", data=data)
    assert response.status_code == 422
    assert "Choose at least one person" in response.text
    assert "a fuse" in response.text
    assert all_messages() == []


def test_whoever_gets_no_messages_any_more_is_named_not_left_out(client, ana, contacts):
    contacts[0].gets_messages = False
    data = {"incident": "2026-03-09-away", "template": "update", "field-0": "a fuse"}
    chosen = [str(each.id) for each in contacts[:2]]
    response = client.post("/ops/emails", data={**data, "contact": chosen})
    assert response.status_code == 422
    assert "Somebody whom you chose gets no messages any more" in response.text
    assert "a fuse" in response.text
    assert all_messages() == []


def test_a_contact_who_may_not_read_the_report_can_not_be_chosen(client, ana, contacts):
    contacts[2].organisation.reading = Reading.NAMED
    db.session.commit()
    page = client.page("/ops/emails/new?incident=2026-03-09-away&template=update")
    box = page.find("input", attrs={"value": str(contacts[2].id), "name": "contact"})
    assert box.has_attr("disabled")
    data = {"incident": "2026-03-09-away", "template": "update", "contact": str(contacts[2].id)}
    response = client.post("/ops/emails", data=data)
    assert response.status_code == 409
    assert all_messages() == []


@pytest.mark.parametrize(
    "changed", [{"incident": "nothing"}, {"template": "nothing"}, {"template": "../update"}]
)
def test_what_is_not_there_is_not_found(client, ana, contacts, changed):
    data = {"incident": "2026-03-09-away", "template": "update", "contact": str(contacts[0].id)}
    assert client.post("/ops/emails", data={**data, **changed}).status_code == 404
    assert all_messages() == []


def test_the_attachment_is_the_report_of_the_day_that_the_path_names(client, ana, make_drafts):
    message = make_drafts(template="by-day")[0]
    assert [each["report"] for each in message.attachments] == ["2026-03-09-away"]
    assert message.attachments[0]["name"] == "2026-03-09-away.pdf"


@pytest.mark.parametrize(("name", "status"), [("cleo", 403), (None, 303), ("omar", 303)])
def test_who_may_make_drafts(client, contacts, name, status):
    if name:
        log_in(client, make_account(name))
    data = {"incident": "2026-03-09-away", "template": "update", "contact": str(contacts[0].id)}
    response = client.post("/ops/emails", data=data)
    assert response.status_code == status
    assert len(all_messages()) == (1 if name == "omar" else 0)
