"""A person reviews a studio, changes the review and deletes it; others see what staff approved."""

from portal.core.clock import now
from portal.core.storage.database import changing_directory, db
from portal.directory.claims.models import Origin
from portal.directory.models import ReviewStatus, StudioStatus, User
from portal.directory.reviews.moderation import (
    count_waiting,
    refuse_review,
    remove_review,
    waiting_reviews,
)
from portal.directory.users.models import SiteAccount
from tests.directory.reviews.scene import (
    ANA,
    FIRST,
    SECOND,
    Scene,
    letters,
    old_review,
    reviews,
    rows,
)
from tests.support.pages import words


def test_a_review_waits_for_staff_and_is_then_on_the_page(scene: Scene) -> None:
    assert scene.visitor.page(scene.page).select_one(f"a[href='{scene.page}/review']")
    answer = scene.write()
    assert (answer.status_code, answer.location) == (303, "/me/reviews")
    assert scene.shown() == []
    listed = words(scene.nora.client.page("/me/reviews").main)
    for said in ("Quiet Corner", "waits for staff", "A calm session"):
        assert said in listed
    [waiting] = waiting_reviews(10)
    assert (waiting.studio_name, waiting.author, waiting.is_edit) == ("Quiet Corner", "Nora", False)

    number = scene.approve()

    assert (count_waiting(), letters()) == (0, [("review-shown", "olive@marsh.example")])
    [shown] = scene.shown()
    assert shown.startswith("Nora")
    page = scene.visitor.page(scene.page)
    link = page.select_one(f"#review-{number} a[href='https://nora.example/blog']")
    assert link["rel"] == ["ugc", "nofollow", "noopener"]
    assert "4.0 of 5 from 1 review" in words(page.select_one("#reviews h2"))
    assert "on the page" in words(scene.nora.client.page("/me/reviews").main)


def test_an_edit_waits_while_the_approved_words_stay(scene: Scene) -> None:
    scene.write()
    number = scene.approve()
    before = scene.shown()
    scene.write(**SECOND)
    assert scene.shown() == before
    [waiting] = waiting_reviews(10)
    assert (waiting.words.stars, waiting.now_shown.stars) == (2, 4)
    listed = words(scene.nora.client.page("/me/reviews").main)
    assert "Your change waits for staff" in listed
    refuse_review(number, "It names a person.", seen=waiting.seen, by=ANA)
    assert scene.shown() == before
    listed = words(scene.nora.client.page("/me/reviews").main)
    assert "Your change is not shown" in listed
    assert "The reason: It names a person." in listed
    form = scene.nora.client.page(f"{scene.page}/review").main
    assert SECOND["text"] in form.select_one("textarea").text
    assert form.select_one("[name=stars][checked]")["value"] == "2"
    scene.write(**SECOND)
    scene.approve()
    assert "second thought" in scene.shown()[0]
    assert letters() == [
        ("review-shown", "olive@marsh.example"),
        ("review-refused", "nora@other.example"),
    ]


def test_the_name_is_gone_at_once_and_nowhere_in_the_source(scene: Scene) -> None:
    scene.nora.user.display_name = "Nora Distinctive"
    scene.write()
    number = scene.approve()
    assert "Nora Distinctive" in scene.visitor.get(scene.page).text
    scene.write(is_anonymous="y")
    assert count_waiting() == 0
    answer = scene.olive.client
    for text in (
        scene.visitor.get(scene.page).text,
        answer.get("/me/studio/reviews").text,
        answer.get(f"/me/studio/reviews/{number}").text,
        answer.get("/me/studio/preview").text,
    ):
        assert "Anonymous" in text or "anonymous" in text
        assert "Distinctive" not in text
    scene.write(is_anonymous="")
    assert [each.words.is_anonymous for each in waiting_reviews(5)] == [False]


def test_a_refused_one_is_submitted_again_or_deleted(scene: Scene) -> None:
    scene.write()
    [waiting] = waiting_reviews(1)
    refuse_review(waiting.number, "Too rude", seen=waiting.seen, by=ANA)
    assert "The reason: Too rude" in words(scene.nora.client.page("/me/reviews").main)
    scene.write()
    assert count_waiting() == 1
    number = scene.approve()
    answer = scene.nora.client.post(f"/me/reviews/{number}/delete")
    assert answer.location == "/me/reviews"
    assert (scene.shown(), reviews(), rows()) == ([], [], [])
    assert "No reviews yet" in words(scene.visitor.page(scene.page).select_one("#reviews"))
    assert scene.write().status_code == 303
    assert scene.nora.client.post(f"/me/reviews/{number}/delete").status_code == 404


def test_what_is_refused_comes_back_as_it_was_typed(scene: Scene) -> None:
    for typed, said in (
        ({"stars": ""}, "Choose 1 to 5 stars."),
        ({"stars": "6"}, "Choose 1 to 5 stars."),
        ({"text": "Too short\n\n\n\n\n\n\n\n\n\n\n"}, "Write at least 20 characters."),
        ({"text": "x" * 5001}, "At most 5,000 characters, please."),
    ):
        answer = scene.write(is_anonymous="y", **typed)
        assert answer.status_code == 422
        assert said in answer.text
        assert " checked" in answer.text
        assert typed.get("text", FIRST["text"])[:9] in answer.text
        assert answer.text.count("autofocus") == 1
    preview = scene.write(preview="yes")
    assert "Nothing is saved yet." in preview.text
    assert 'rel="ugc nofollow noopener"' in preview.text
    assert reviews() == []


def test_two_windows_and_two_submissions(scene: Scene) -> None:
    scene.write()
    again = scene.nora.client.post(f"{scene.page}/review", data=FIRST)
    assert again.status_code == 409
    assert "You have reviewed Quiet Corner already." in again.text
    assert "/me/reviews#review-" in again.text
    stale = {"version": "0" * 20, **SECOND}
    other = scene.nora.client.post(f"{scene.page}/review", data=stale)
    assert other.status_code == 409
    assert "in another window" in other.text
    assert SECOND["text"] in other.text
    assert "What is saved now" in other.text
    [review] = reviews()
    assert review.rating == 4


def test_who_can_not_review(scene: Scene) -> None:
    address = f"{scene.page}/review"
    stranger = scene.visitor.get(address)
    assert stranger.location == f"/login?next={address}"
    own = scene.olive.client.get(address)
    assert own.status_code == 403
    assert "This is your own studio." in own.text
    assert scene.olive.client.post(address, data=FIRST).status_code == 403
    with changing_directory():
        db.session.get_one(User, scene.nora.number).email_verified = False
    unconfirmed = scene.nora.client.get(address)
    assert unconfirmed.status_code == 403
    assert "Forgotten your password?" in unconfirmed.text
    kept = scene.nora.client.post(address, data=FIRST)
    assert (kept.status_code, "A calm session" in kept.text) == (403, True)
    scene.studio.status = StudioStatus.INACTIVE
    db.session.commit()
    assert scene.nora.client.get(address).status_code == 404
    assert reviews() == []


def test_old_reviews_are_taken_on(scene: Scene) -> None:
    first = old_review(scene, scene.nora, status=ReviewStatus.APPROVED)
    second = old_review(scene, scene.nora, content="The newer one of two, which waits.")
    assert [each.number for each in waiting_reviews(10)] == [second]
    page = scene.nora.client.page(f"{scene.page}/review").main
    assert "The newer one of two" in page.select_one("textarea").text
    scene.write(**SECOND)
    assert [row.review_number for row in rows()] == [second]
    scene.approve()
    assert len(scene.shown()) == 2
    listed = scene.nora.client.page("/me/reviews").main
    assert len(listed.select("article.own-review")) == 2
    assert len(listed.select(f"a[href='{scene.page}/review']")) == 1
    scene.nora.client.post(f"/me/reviews/{first}/delete")
    assert [each.id for each in reviews()] == [second]


def test_an_old_double_is_decided_without_a_row_of_its_own(scene: Scene) -> None:
    numbers = [old_review(scene, scene.nora), old_review(scene, scene.nora)]
    assert [each.number for each in waiting_reviews(10)] == numbers
    assert waiting_reviews(10, after=waiting_reviews(1)[0].place)[0].number == numbers[1]
    scene.approve()
    assert (count_waiting(), len(scene.shown()), len(rows())) == (0, 2, 1)


def test_people_without_mail_get_none(scene: Scene) -> None:
    placeholder = Origin(user_id=scene.olive.number, studio_number=scene.studio.id, key="k")
    placeholder.fingerprint = "f"
    blocked = SiteAccount(user_id=scene.nora.number)
    with changing_directory():
        db.session.add_all([placeholder, blocked])
    scene.write()
    number = scene.approve()
    with changing_directory():
        db.session.delete(placeholder)
        db.session.add(SiteAccount(user_id=scene.olive.number, mail_ended_at=now()))
        blocked.blocked_at = now()
    remove_review(number, "Reported", by=ANA)
    with changing_directory():
        blocked.blocked_at = None
    scene.write()
    with changing_directory():
        blocked.deletion_due_at = now()
    number = scene.approve()
    remove_review(number, "Reported", by=ANA)
    assert letters() == []


def test_the_author_sees_why_nothing_is_shown(scene: Scene) -> None:
    scene.write()
    scene.approve()
    scene.olive.client.post("/me/studio/hide")
    listed = words(scene.nora.client.page("/me/reviews").main)
    assert "Its owner has hidden the studio" in listed
    assert scene.visitor.get(scene.page).status_code == 410
