"""One item at a time, oldest first; a decision, its reason, and the next one."""

from datetime import timedelta
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import select

from portal.core.storage.database import db
from portal.directory.models import Review, ReviewStatus, StudioImage, StudioProfile
from portal.directory.queue.differences import Mark, difference
from portal.directory.reports.models import PictureCheck
from portal.directory.reviews.models import OwnReview
from portal.directory.users.models import SiteLetter
from tests.directory.owners.test_races import together
from tests.directory.pages.studios import PICTURE, address_of
from tests.directory.queue.conftest import (
    QUEUE,
    changes,
    events,
    waiting_edit,
    waiting_picture,
    waiting_review,
)
from tests.directory.reports.conftest import OWNER, admin_called, letters, report, reports
from tests.support.cast import log_in, make_account
from tests.support.client import PortalClient
from tests.support.owners import log_in_site
from tests.support.pages import check_page, words


def test_reviews_are_decided_one_after_the_other(
    site: Flask, studio: StudioProfile, admin: PortalClient, visitor: PortalClient
):
    first = waiting_review(studio, "It was warm & <b>quiet</b>.")
    edit = waiting_edit(studio, "Fine old booth, slow line.", "Fine new booth, fast line.")
    page = admin.page(QUEUE)
    chips = words(page.select_one("nav.chips"))
    assert chips.startswith("All 2 Reviews 2 Pictures 0 Reports 0 Claims 0")
    assert words(page.select_one("#item-title")) == "Review of Quiet Corner"
    assert words(page.select_one(".queue-text")) == "It was warm & <b>quiet</b>."
    form = page.select_one(".queue-form")
    seen = form.select_one("[name=seen]")["value"]
    assert "no other review" in words(page.select_one(".facts"))

    sent = {"decision": "approve", "seen": seen}
    answer = admin.post(form["action"], data=sent, follow_redirects=True)
    page = check_page(answer.text)
    assert "Review approved." in words(page.select_one(".queue-done"))
    assert words(page.select_one("#item-title")) == "Edit of a review of Quiet Corner"
    assert "warm & <b>quiet</b>." in words(visitor.page(address_of(studio)).select_one("#reviews"))
    assert [words(each) for each in page.select("del")] == ["Deleted: old", "Deleted: slow"]
    assert [words(each) for each in page.select("ins")] == ["Added: new", "Added: fast"]
    assert "(5 of 5 until now)" in words(page.select_one(".queue-words"))

    form = page.select_one(".queue-form")
    seen = form.select_one("[name=seen]")["value"]
    refused = admin.post(form["action"], data={"decision": "refuse", "seen": seen, "text": " "})
    assert refused.status_code == 422
    page = check_page(refused.text)
    assert "the author reads it" in words(page.select_one("#text-error"))
    assert words(page.select_one("#item-title")).startswith("Edit of a review")
    reason = {"reason": "It is advertising.", "text": "Twice.", "decision": "refuse"}
    answer = admin.post(form["action"], data=reason | {"seen": seen}, follow_redirects=True)
    assert "You have been through" not in answer.text
    assert "Nothing waits" in answer.text
    own = db.session.scalars(select(OwnReview).where(OwnReview.review_number == edit.id)).one()
    assert own.refused_because == "It is advertising. Twice."
    assert events() == ["review.approved", "review.refused"]
    assert first.id != edit.id

    lately = admin.page(f"{QUEUE}?kind=decided")
    form = lately.select_one("form.queue-remove")
    admin.post(form["action"], data={"decision": "remove", "text": "It is about another place."})
    db.session.rollback()
    assert db.session.get_one(Review, first.id).status is ReviewStatus.REJECTED


def test_a_picture_is_removed_with_a_reason_and_put_back(
    studio: StudioProfile, admin: PortalClient, visitor: PortalClient
):
    check = waiting_picture(studio)
    image, check_id = studio.images[0].id, check.id
    page = admin.page(f"{QUEUE}?kind=picture")
    assert page.select_one(".queue-picture img")["src"] == PICTURE
    action = page.select_one(".queue-form")["action"]
    assert admin.post(action, data={"decision": "remove"}).status_code == 422
    data = {"decision": "remove", "reason": "It does not show the studio."}
    page = check_page(admin.post(action, data=data, follow_redirects=True).text)
    assert "Picture removed. It does not show the studio." in words(page.select_one(".queue-done"))
    assert PICTURE not in visitor.get(address_of(studio)).text
    [letter] = letters()
    assert (letter.kind, letter.email) == ("picture-removed", OWNER)
    assert letter.details == {"studio": "Quiet Corner", "reason": "It does not show the studio."}

    undo = page.select_one(".queue-done form")
    assert words(undo) == "Put it back"
    assert admin.post(undo["action"], data={"decision": "undo"}).status_code == 303
    db.session.rollback()
    row = db.session.get_one(StudioImage, image)
    assert (row.image_url, row.alt_text) == (PICTURE, "The booth")
    assert PICTURE in visitor.get(address_of(studio)).text
    assert events() == ["picture.removed", "picture.returned"]
    assert changes()[0].reason == "It does not show the studio."
    again = admin.post(f"{QUEUE}/pictures/{check_id}", data={"decision": "accept"})
    assert again.status_code == 409
    assert "Somebody has decided" in again.text
    assert "Nothing waits" in again.text


def test_an_accepted_picture_waits_again_when_that_is_undone(
    studio: StudioProfile, admin: PortalClient
):
    check = waiting_picture(studio).id
    path = f"{QUEUE}/pictures/{check}"
    assert admin.post(path, data={"decision": "accept"}).status_code == 303
    db.session.rollback()
    assert db.session.get_one(PictureCheck, check).decided_by == "Ada"
    back = admin.post(f"{path}?back=item", data={"decision": "undo"}, follow_redirects=True)
    assert "Picture of Quiet Corner" in back.text
    assert admin.post(path, data={"decision": "undo"}).status_code == 409
    assert admin.post(path, data={"decision": "<script>"}).status_code == 409
    assert admin.post(f"{QUEUE}/pictures/x'--", data={"decision": "accept"}).status_code == 404


def test_a_report_is_closed_or_what_it_is_about_is_removed(
    studio: StudioProfile, admin: PortalClient, visitor: PortalClient
):
    review = db.session.scalars(select(Review)).one().id
    about = {"about": f"review-{review}", "problem": "offensive", "body": "Rude <i>words</i>."}
    number = report(visitor, studio, **about, email="nora@example.com").id
    other = report(visitor, studio, problem="closed").id
    page = admin.page(QUEUE)
    said = words(page.select_one("#item"))
    for expected in ("Report about a review of Quiet Corner", "Rude <i>words</i>.", "1 more open"):
        assert expected in said
    assert "nora@example.com" in said
    action = page.select_one(".queue-form")["action"]
    empty = admin.post(action, data={"decision": "close", "outcome": " "})
    assert empty.status_code == 422
    assert "for other staff" in words(check_page(empty.text).select_one("#outcome-error"))
    data = {"decision": "remove", "text": "It insults somebody."}
    answer = admin.post(action, data=data, follow_redirects=True)
    assert "Report closed." in answer.text
    assert "Report about Quiet Corner" in answer.text
    db.session.rollback()
    assert db.session.get_one(Review, review).status is ReviewStatus.REJECTED
    assert [each.outcome for each in reports()] == ["Removed: It insults somebody.", None]

    path = f"{QUEUE}/reports/{other}"
    assert admin.post(path, data={"decision": "close", "outcome": "Hidden."}).status_code == 303
    assert admin.post(path, data={"decision": "close", "outcome": "Twice."}).status_code == 409
    assert admin.post(f"{QUEUE}/reports/{number}", data={"decision": "undo"}).status_code == 303
    assert [each.decided_at is None for each in reports()] == [True, False]
    assert events() == ["review.removed", "report.closed", "report.closed", "report.reopened"]
    assert not [each for each in letters() if "nora@example.com" in each.email]


def test_items_can_be_passed_over_and_asked_for(
    studio: StudioProfile, admin: PortalClient, visitor: PortalClient
):
    review, check = waiting_review(studio).id, waiting_picture(studio).id
    row = report(visitor, studio)
    row.created_at = row.created_at - timedelta(days=1)
    db.session.commit()
    titles, address = [], QUEUE
    for _ in range(3):
        page = admin.page(address)
        titles.append(words(page.select_one("#item-title")).split(" ")[0])
        address = page.select_one(".queue-next a")["href"]
    assert titles == ["Report", "Review", "Picture"]
    assert "You have been through all of them" in words(admin.page(address).main)
    page = admin.page(f"{QUEUE}?item=picture-{check}")
    assert words(page.select_one("#item-title")) == "Picture of Quiet Corner"
    page = admin.page(f"{QUEUE}?item=review-{review + 1}")
    assert "does not wait any more" in words(page.main)
    for odd in ("x", "review-99999999999", "picture-\x00", "report-" + "a" * 36):
        admin.page(f"{QUEUE}?item={odd}&after={odd}~review~x&kind={odd}&done={odd}")
    for time in ("9999-12-31T23:59:59-23:00", "0001-01-01T00:00:00%2B23:00"):
        assert "Report" in words(admin.page(f"{QUEUE}?after={time}~review~1").main)


def test_two_admins_decide_at_once_and_one_is_told(site: Flask, studio: StudioProfile):
    number = waiting_review(studio).id
    clients = [admin_called(site, name) for name in ("ada", "ana")]
    page = clients[0].page(QUEUE)
    data = {"decision": "approve", "seen": page.select_one("[name=seen]")["value"]}
    path = f"{QUEUE}/reviews/{number}"
    db.session.remove()
    found = together(*(partial(client.post, path, data=data) for client in clients))
    assert sorted(each.status_code for each in found) == [303, 409]
    refused = next(each for each in found if each.status_code == 409)
    assert "decided on already" in refused.text
    assert events() == ["review.approved"]


@pytest.mark.parametrize("path", ["", "/reviews/1", "/pictures/x", "/reports/x"])
def test_the_queue_is_for_admins(
    site: Flask, studio: StudioProfile, visitor: PortalClient, path: str
):
    log_in_site(visitor, studio.user)
    ask = visitor.get if not path else visitor.post
    assert ask(f"{QUEUE}{path}").status_code in {302, 303, 401}
    for name in ("omar", "cleo"):
        client = site.test_client()
        log_in(client, make_account(name))
        assert (client.get if not path else client.post)(f"{QUEUE}{path}").status_code == 403
    assert db.session.scalars(select(SiteLetter)).all() == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("One two\n\nthree four", "One  two\n\nfive four!"),
        ("a\n" * 990, "a " * 990),  # word by word this would take a minute
    ],
    ids=["words", "repeated"],
)
def test_a_difference_holds_both_texts(before: str, after: str):
    pieces = difference(before, after)
    assert "".join(each.text for each in pieces if each.mark is not Mark.NEW) == before
    assert "".join(each.text for each in pieces if each.mark is not Mark.GONE) == after


def test_a_long_difference_is_shown_whole():
    long = difference("a " * 3000, "b " * 3000)
    assert [each.mark for each in long] == [Mark.GONE, Mark.NEW]
