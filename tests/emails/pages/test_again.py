"""Drafts made twice are the same drafts; whoever was told is not told again."""

from tests.emails.pages.conftest import all_messages, approve
from tests.support.pages import words

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


def test_the_page_shows_what_is_there_before_drafts_are_made(client, ana, contacts, make_drafts):
    message = make_drafts(people=contacts[:1])[0]
    page = client.page(NEW)
    assert [words(each) for each in page.find_all(class_="earlier")] == [
        "draft The site on 9 March 2026"
    ]
    assert page.find("a", href=f"/ops/emails/{message.id}")


def test_whoever_was_told_is_named_and_nothing_is_made(client, ana, contacts, make_drafts):
    approve(client, make_drafts(people=contacts[:1])[0])
    data = {"incident": "2026-03-09-away", "template": "linked"}
    data["contact"] = [str(each.id) for each in contacts]
    response = client.post("/ops/emails", data=data)
    assert response.status_code == 409
    assert "A message about this left already, or is on its way: to Cleo Marsh." in response.text
    assert len(all_messages()) == 1


def test_a_withdrawn_draft_makes_way_for_another_one(client, ana, contacts, make_drafts):
    message = make_drafts(people=contacts[:1])[0]
    client.post(f"/ops/emails/{message.id}/withdrawal")
    assert len(make_drafts(cause="rain", people=contacts[:1])) == 2
