"""The owner answers a review once; the author is told; the page shows it at once."""

from portal.core.storage.database import changing_directory, db
from portal.directory.claims.models import StudioRestriction
from portal.directory.models import ReviewResponse, ReviewStatus, StudioProfile
from tests.directory.pages.studios import make_review
from tests.directory.reviews.scene import Scene, letters, person
from tests.support.pages import words

ANSWER = {"body": "Thank you. Hear more at https://quiet.example/."}


def test_the_owner_answers_once(scene: Scene) -> None:
    owner = scene.olive.client
    assert "No reviews yet" in words(owner.page("/me/studio/reviews").main)
    scene.write()
    assert "No reviews yet" in words(owner.page("/me/studio/reviews").main)
    number = scene.approve()
    address = f"/me/studio/reviews/{number}"
    assert "1 without an answer" in words(owner.page("/me").main)
    assert owner.page("/me/studio").select_one("a[href='/me/studio/reviews']")
    assert owner.page("/me/studio/reviews").select_one(f"a[href='{address}']")
    short = owner.post(f"{address}/answer", data={"body": "x"})
    assert (short.status_code, "Write at least 2 characters." in short.text) == (422, True)
    assert owner.post(f"{address}/answer", data=ANSWER).location == address
    assert "Thank you." in scene.shown()[0]
    assert "Thank you." in words(scene.nora.client.page("/me/reviews").main)
    again = owner.post(f"{address}/answer", data={"body": "And another thing"})
    assert again.status_code == 409
    assert "answered already" in again.text
    assert "And another thing" in again.text
    assert letters()[1:] == [("review-answered", "nora@other.example")]
    assert db.session.query(ReviewResponse).count() == 1


def test_the_present_owner_answers(scene: Scene) -> None:
    scene.write()
    number = scene.approve()
    petra = person(scene.app, "petra@new.example", "Petra")
    with changing_directory():
        db.session.get_one(StudioProfile, scene.studio.id).user_id = petra.number
    address = f"/me/studio/reviews/{number}"
    assert scene.olive.client.post(f"{address}/answer", data=ANSWER).status_code == 404
    assert petra.client.post(f"{address}/answer", data=ANSWER).location == address


def test_many_reviews_are_on_pages(scene: Scene) -> None:
    for number in range(45):
        make_review(scene.studio, f"Session {number} was fine.", rating=4)
    make_review(scene.studio, "Nobody reads this.", status=ReviewStatus.PENDING)
    first, last = scene.visitor.page(scene.page), scene.visitor.page(f"{scene.page}?page=99")
    assert len(first.select("#reviews .review")) == 20
    assert "Session 44 " in words(first.main)
    assert first.select_one("#reviews [rel=next]")["href"] == f"{scene.page}?page=2#reviews"
    assert [words(each) for each in last.select("#reviews [aria-current]")] == ["3"]
    assert "Session 0 " in words(last.main)
    assert "from 45 reviews" in words(last.select_one("#reviews h2"))
    owners = scene.olive.client.page("/me/studio/reviews?page=3").main
    assert len(owners.select("article.review")) == 5


def test_a_deleted_studio_has_no_reviews_anywhere(scene: Scene) -> None:
    scene.write()
    scene.approve()
    with changing_directory():
        db.session.add(StudioRestriction(user_id=scene.olive.number, deleted_at=db.func.now()))
        db.session.get_one(StudioProfile, scene.studio.id).is_profile_visible = False
    assert "No reviews yet" in words(scene.olive.client.page("/me/studio/reviews").main)
    assert "staff have deleted the studio" in words(scene.nora.client.page("/me/reviews").main)
