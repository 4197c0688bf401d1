"""Drafts made twice are the same drafts; whoever was told is not told again."""

from tests.emails.pages.conftest import all_messages, approve, edit
from tests.support.pages import check_page, words

UPDATES = """updates:
  - {at: 2026-03-09T14:10:00Z, text: Looking}
  - {at: 2026-03-09T14:30:00Z, text: Found it}
  - {at: 2099-03-09T14:30:00Z, text: Not yet}
internal-words"""
NEW = "/ops/emails/new?incident=2026-03-09-away&template=update"


def test_made_twice_they_are_there_once_and_one_goes_on_with_them(
    client, ana, contacts, make_drafts
):
    make_drafts(people=contacts[:1])
    found = make_drafts(cause="rain", people=contacts[:2])
    assert [each.to_name for each in found] == ["Cleo Marsh", "Dan Hill"]
    assert "a fuse" in found[0].body
    assert "rain" in found[1].body
    page = words(client.page(f"/ops/emails/{found[0].id}"))
    assert "A draft was there already for Cleo Marsh, and kept as before." in page
    make_drafts(people=contacts[:2])
    assert len(all_messages()) == 2
    assert approve(client, found[0]).location == f"/ops/emails/{found[1].id}"


def test_words_typed_for_a_draft_that_is_there_are_not_lost(client, ana, contacts, make_drafts):
    [message] = make_drafts(people=contacts[:1])
    data = {"incident": "2026-03-09-away", "template": "update", "contact": str(contacts[0].id)}
    answer = client.post("/ops/emails", data=data | {"field-0": "rain"})
    assert answer.status_code == 409
    page = check_page(answer.text)
    assert page.find("textarea", id="field-0").text.strip() == "rain"
    assert page.find("a", href=f"/ops/emails/{message.id}")
    assert client.post("/ops/emails", data=data | {"field-0": "a fuse"}).status_code == 303


def test_the_page_shows_what_is_there_before_drafts_are_made(client, ana, contacts, make_drafts):
    message = make_drafts(people=contacts[:1])[0]
    page = client.page(NEW)
    assert [words(each) for each in page.find_all(class_="earlier")] == [
        "draft The site on 9 March 2026"
    ]
    assert page.find("a", href=f"/ops/emails/{message.id}")


def test_a_contact_who_was_sent_it_is_named_and_nothing_is_made(client, ana, contacts, make_drafts):
    told = make_drafts(people=contacts[:1])[0]
    approve(client, told)
    page = client.page(NEW)
    before = page.find("section", attrs={"aria-labelledby": "sent"})
    assert "Update, about the report as a whole" in words(before)
    assert before.find("a", href=f"/ops/emails/{told.id}", string="Cleo Marsh")
    data = {"incident": "2026-03-09-away", "template": "update", "field-0": "rain"}
    data["contact"] = [str(each.id) for each in contacts]
    response = client.post("/ops/emails", data=data)
    assert response.status_code == 409
    assert "A message about this left already, or is on its way: to Cleo Marsh." in response.text
    page = check_page(response.text)
    on = page.find("a", string="choose another template")["href"]
    assert "Linked" in words(client.page(on)) or "linked" in words(client.page(on))
    assert page.find("a", href="/ops/incidents/2026-03-09-away/edit")
    assert page.find("textarea", id="field-0").text == "rain"
    assert len(all_messages()) == 1


def test_another_template_tells_the_next_thing_without_any_update(
    client, ana, contacts, make_drafts
):
    for template in ("update", "linked", "by-day"):
        message = make_drafts(template=template, people=contacts[:1])[-1]
        assert approve(client, message).status_code == 303
    page = words(client.page(NEW).find("section", attrs={"aria-labelledby": "sent"}))
    assert page.count("Cleo Marsh") == 3
    for template in ("update", "linked", "by-day"):
        data = {"incident": "2026-03-09-away", "template": template}
        data["contact"] = str(contacts[0].id)
        assert client.post("/ops/emails", data=data).status_code == 409


def test_the_newest_update_that_was_not_sent_yet_is_chosen(client, app, ana, contacts, make_drafts):
    file = app.extensions["portal.settings"].incidents_dir / "2026-03-09-away.md"
    file.write_text(file.read_text(encoding="utf-8").replace("internal-words", UPDATES), "utf-8")

    def chosen() -> str:
        return client.page(NEW).select_one("#update option[selected]")["value"]

    for key in ("2026-03-09T14:30:00+00:00", "2026-03-09T14:10:00+00:00", "report"):
        assert chosen() == key
        data = {"incident": "2026-03-09-away", "template": "update", "field-0": key}
        data |= {"contact": str(contacts[0].id), "update": key}
        assert client.post("/ops/emails", data=data).status_code == 303
        assert approve(client, all_messages()[-1]).status_code == 303
        assert client.post("/ops/emails", data=data).status_code == 409
    options = words(client.page(NEW).find(id="update"))
    assert "Found it (sent to Cleo Marsh)" in options
    assert "Not yet (not sent yet)" in options


def test_the_very_same_words_are_not_sent_twice(client, ana, contacts, make_drafts):
    first = make_drafts(people=contacts[:1])[0]
    second = make_drafts(template="linked", people=contacts[:1])[1]
    edit(client, second, subject=first.subject, body=first.body)
    assert approve(client, first).status_code == 303
    response = approve(client, all_messages()[1])
    assert response.status_code == 409
    assert "Cleo Marsh was already sent these very words." in response.text


def test_a_withdrawn_draft_makes_way_for_another_one(client, ana, contacts, make_drafts):
    message = make_drafts(people=contacts[:1])[0]
    client.post(f"/ops/emails/{message.id}/withdrawal")
    assert len(make_drafts(cause="rain", people=contacts[:1])) == 2
