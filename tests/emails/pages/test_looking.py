"""A message can be looked at, carried away, and tried on oneself before anybody gets it."""

import email
from datetime import UTC, datetime
from email.policy import strict

from portal.core.clock import now
from portal.core.storage.database import db
from portal.emails import queries
from portal.emails.models import MessageState
from tests.emails.pages.conftest import all_messages, approve
from tests.support.cast import log_in, make_account
from tests.support.demo import mark_as_demo
from tests.support.pages import words


def test_the_preview_is_shut_in_a_box_at_both_widths_light_and_dark(client, ana, make_drafts):
    message = make_drafts()[0]
    page = client.page(f"/ops/emails/{message.id}")
    frames = page.find_all("iframe")
    assert [frame["width"] for frame in frames] == ["390", "390", "700", "700"]
    assert [frame["src"].split("=")[1] for frame in frames] == ["light", "dark"] * 2
    assert all(frame.has_attr("sandbox") and not frame["sandbox"] for frame in frames)
    response = client.get(frames[0]["src"])
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert policy.endswith("sandbox")
    assert "script-src" not in policy
    assert "Hi Cleo," in response.text
    preview = words(page.find("section", attrs={"aria-labelledby": "preview"}))
    assert "Subject Copy The site on 9 March 2026" in preview
    assert "Plain text Copy Hi Cleo, it was a fuse." in preview


def test_a_scheme_that_is_asked_for_holds_whatever_the_browser_prefers(client, ana, make_drafts):
    address = f"/ops/emails/{make_drafts()[0].id}/preview"
    as_sent = client.get(address).text
    assert "@media (prefers-color-scheme: dark)" in as_sent
    assert client.get(f"{address}?scheme=purple").text == as_sent
    for scheme, query in (("light", "@media not all {"), ("dark", "@media all {")):
        shown = client.get(f"{address}?scheme={scheme}").text
        assert query in shown
        assert "prefers-color-scheme: dark" not in shown
        assert f'<meta name="color-scheme" content="{scheme}">' in shown


def test_what_was_approved_is_shown_and_carried_away_as_it_left(client, ana, make_drafts):
    message = make_drafts(template="by-day")[0]
    approve(client, message)
    file = next(client.application.extensions["portal.settings"].incidents_dir.glob("2026*.md"))
    before = client.get(f"/ops/emails/{message.id}/attachments/0").data
    assert before.startswith(b"%PDF")
    file.write_text(file.read_text(encoding="utf-8") + "\nMore.\n", encoding="utf-8")
    assert client.get(f"/ops/emails/{message.id}/attachments/0").data == before
    message = all_messages()[0]
    message.body = "Not what left"
    db.session.commit()
    shown = client.get(f"/ops/emails/{message.id}/preview").text
    assert "Hi Cleo." in shown
    assert "Not what left" not in shown


def test_a_draft_can_be_carried_away_as_a_file(client, ana, make_drafts):
    message = make_drafts()[0]
    response = client.get(f"/ops/emails/{message.id}/message.eml")
    assert response.mimetype == "message/rfc822"
    letter = email.message_from_bytes(response.data, policy=strict)
    assert str(letter["Subject"]) == "The site on 9 March 2026"


def test_of_what_was_approved_the_file_is_the_very_copy(client, ana, make_drafts):
    message = make_drafts()[0]
    approve(client, message)
    assert client.get(f"/ops/emails/{message.id}/message.eml").data == all_messages()[0].copy


def test_a_test_goes_to_oneself_and_says_so(client, app, ana, make_drafts):
    message = make_drafts()[0]
    answer = client.post(f"/ops/emails/{message.id}/test")
    assert (answer.status_code, "Set MAIL_URL to smtp://" in answer.text) == (503, True)
    page = f"/ops/emails/{message.id}"
    assert "Nothing can be sent from here. MAIL_URL names no" in words(client.page(page))
    mark_as_demo()
    assert "Nothing can be sent from here" not in words(client.page(page))
    assert client.post(f"/ops/emails/{message.id}/test").status_code == 303
    folder = app.extensions["portal.settings"].mail.folder
    letters = [
        email.message_from_bytes(f.read_bytes(), policy=strict) for f in folder.rglob("*.eml")
    ]
    assert [each["To"].addresses[0].addr_spec for each in letters] == ["ana@example.com"]
    assert str(letters[0]["Subject"]) == "Test: The site on 9 March 2026"
    assert all_messages()[0].is_draft


def test_lists_and_templates_can_be_read(client, ana, make_drafts):
    make_drafts()
    page = words(client.page("/ops/emails"))
    assert "Draft" in page
    assert "Cleo Marsh" in page
    assert "No messages here" in words(client.page("/ops/emails?state=sent"))
    page = words(client.page("/ops/emails/templates"))
    assert "Update" in page
    assert "[Client Name]" in page
    sample = words(client.page("/ops/emails/templates/update"))
    assert "Hi Robin," in sample
    assert "(Cause)" in sample


def test_a_client_sees_none_of_it(client, contacts, app):
    log_in(client, make_account("cleo"))
    for address in ("", "/new", "/templates", "/templates/update", "/1", "/1/preview"):
        assert client.get(f"/ops/emails{address}").status_code == 403


def test_a_correction_quotes_what_was_wrong(client, ana, make_drafts):
    message = make_drafts()[0]
    address = f"/ops/emails/{message.id}/correction"
    fields = {"wrong": "it was a fuse", "right": "It was a *cable*."}
    assert client.post(address, data=fields).status_code == 409
    message.state, message.sent_at = MessageState.SENT, now()
    db.session.commit()
    assert client.post(address, data={**fields, "wrong": "it was rain"}).status_code == 422
    assert client.post(address, data=fields).status_code == 303
    correction = all_messages()[-1]
    assert correction.mailing.corrects_id == message.mailing_id
    assert correction.subject == "Correction: The site on 9 March 2026"
    assert "> it was a fuse" in correction.body
    assert "&#42;cable&#42;" in correction.body
    assert approve(client, correction).status_code == 303


def test_the_incident_measures_the_time_to_the_first_message(client, ana, make_drafts):
    drafts = make_drafts()
    page = client.page("/ops/incidents/2026-03-09-away")
    assert first_message(page) == "not recorded"
    for number, message in enumerate(drafts[:2]):
        message.state = MessageState.SENT
        message.sent_at = datetime(2026, 3, 9, 14, 40 - 10 * number, tzinfo=UTC)
    assert first_message(client.page("/ops/incidents/2026-03-09-away")) == "30 min"


def first_message(page) -> str:
    return words(page.find("dt", string="Time to first message").find_next("dd"))


def test_messages_have_pages_and_what_needs_somebody_is_on_the_first(
    client, ana, make_drafts, monkeypatch
):
    first, *_ = make_drafts()
    client.post(f"/ops/emails/{first.id}/withdrawal", data={"reason": "Not needed."})
    monkeypatch.setattr(queries, "PAGE", 2)
    pages = [client.page(f"/ops/emails?incident=2026-03-09-away&page={n}") for n in (1, 2)]
    shown = [[words(each) for each in page.select("main h2")] for page in pages]
    assert shown == [["Draft"], ["Withdrawn"]]
    assert "Page 1 of 2, 3 messages" in words(pages[0].select_one("nav.pagination"))
    following = pages[0].select_one("a[rel=next]")["href"]
    assert following == "/ops/emails?incident=2026-03-09-away&page=2"
