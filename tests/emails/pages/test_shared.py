"""A message about a report that was shared speaks of the text that clients read."""

import pytest

from portal.accounts.models import Account
from portal.core.storage.database import db
from portal.emails.delivery.approval_hash import content_hash
from portal.emails.delivery.mail_folder import MailFolder
from portal.emails.delivery.sending import send_message
from portal.emails.models import MessageState
from portal.emails.review.approval import findings_of
from tests.emails.pages.conftest import REPORT, all_messages, approve
from tests.support.pages import check_page, words

SILENT = REPORT.replace("audience: clients\n", "")
LATER = SILENT.replace("2026-03-09T14:00", "2026-03-08T14:00").replace("The site was", "We were")


@pytest.fixture
def put(settings):
    file = settings.incidents_dir / "2026-03-09-away.md"
    return lambda text: file.write_text(text, encoding="utf-8")


def share(client):
    at = "/ops/incidents/2026-03-09-away/sharing"
    seen = client.page(at).find("input", attrs={"name": "seen"})["value"]
    assert client.post(at, data={"seen": seen}).status_code == 303


def send(client, contacts, template="by-day"):
    people = [str(each.id) for each in contacts]
    data = {"incident": "2026-03-09-away", "template": template, "contact": people}
    return client.post("/ops/emails", data=data)


def against(message):
    found = findings_of(message, leads_somewhere=lambda _path: True)
    return [each.sentence for each in found if each.is_blocking]


def test_before_it_is_shared_no_contact_can_be_chosen(client, ana: Account, contacts, put):
    put(SILENT)
    page = client.page("/ops/emails/new?incident=2026-03-09-away&template=by-day")
    assert "Only staff can read this report" in words(page)
    assert page.find("a", href="/ops/incidents/2026-03-09-away/sharing")
    assert not page.find_all("input", attrs={"name": "contact"})
    answer = send(client, contacts)
    assert answer.status_code == 409
    boxes = check_page(answer.text).find_all("input", attrs={"name": "contact"})
    assert boxes, "what was typed comes back"
    assert all(box.has_attr("disabled") for box in boxes)
    assert all_messages() == []


def test_while_no_client_may_read_it_the_page_leads_to_who_does(client, ana, contacts, put):
    put(REPORT.replace("internal-words", "clients: [nobody-here]\ninternal-words"))
    page = client.page("/ops/emails/new?incident=2026-03-09-away")
    assert page.find("a", href="/ops/incidents/2026-03-09-away/sharing")


def test_the_file_moves_on_and_the_message_stays_with_what_clients_read(client, ana, contacts, put):
    put(SILENT)
    share(client)
    put(LATER)
    assert send(client, contacts[:1], "update").status_code == 303
    assert send(client, contacts[:1]).status_code == 303
    told, enclosed = all_messages()
    assert told.subject == "The site on 9 March 2026", "of the text that was shared"
    [facts] = [each for each in enclosed.attachments if each["report"]]
    assert facts["report_sha256"] == enclosed.mailing.report_sha256
    assert against(enclosed) == []
    put(LATER + "\nMore.\n")
    assert against(enclosed) == []
    data = {"seen": content_hash(told), "field-0": "rain"}
    assert client.post(f"/ops/emails/{told.id}/fields", data=data).status_code == 303
    assert [each.subject for each in all_messages()][0] == "The site on 9 March 2026"
    share(client)
    assert any("was changed" in each for each in against(enclosed))


def test_taken_back_it_can_not_leave_any_more(client, ana, contacts, put):
    put(SILENT)
    share(client)
    send(client, contacts[:1])
    client.post("/ops/incidents/2026-03-09-away/sharing/end")
    db.session.expire_all()
    [message] = all_messages()
    assert any("Only staff can read" in each for each in against(message))
    page = client.page(f"/ops/emails/{message.id}")
    assert page.find("a", href="/ops/incidents/2026-03-09-away/sharing")


def test_taken_back_while_it_waits_its_report_does_not_leave(client, settings, ana, contacts, put):
    put(SILENT)
    share(client)
    send(client, contacts[:1])
    [message] = all_messages()
    assert message.attachments, "the report itself"
    message.attachments = [each for each in message.attachments if each["report"]]
    db.session.commit()
    assert approve(client, message).status_code == 303
    client.post("/ops/incidents/2026-03-09-away/sharing/end")
    db.session.rollback()  # whoever sends holds no lock that its lease would wait for
    send_message(message.id, MailFolder(settings.data / "mail"))
    db.session.expire_all()
    assert message.state is MessageState.FAILED
    assert "Only staff can read the report" in message.answer
    assert not list((settings.data / "mail").glob("*.eml"))
