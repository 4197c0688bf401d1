"""Two reviews at once, and two answers at once, on both engines: one success, one sentence."""

from flask import Flask
from sqlalchemy import func, select

from portal.core.storage.database import db
from portal.directory.models import Review, ReviewResponse
from tests.directory.owners import test_races as owners
from tests.directory.owners.test_races import together
from tests.directory.reviews.scene import FIRST, make_scene, person, rows

settings, site = owners.settings, owners.site


def test_two_reviews_and_two_answers_at_once(site: Flask) -> None:
    scene = make_scene(site)
    again = person(site, "petra@other.example", "Petra")
    other = site.test_client()
    with again.client.session_transaction(path="/me") as here:
        kept = dict(here)
    with other.session_transaction(path="/me") as there:
        there.update(kept)
    address = f"{scene.page}/review"
    db.session.commit()
    answers = together(
        lambda: again.client.post(address, data=FIRST), lambda: other.post(address, data=FIRST)
    )
    assert sorted(each.status_code for each in answers) == [303, 409]
    lost = next(each for each in answers if each.status_code == 409)
    assert "You have reviewed Quiet Corner already." in lost.text
    assert "/me/reviews#review-" in lost.text
    assert (len(rows()), db.session.scalar(select(func.count(Review.id)))) == (1, 1)

    number = scene.approve()
    answer = f"/me/studio/reviews/{number}/answer"
    db.session.commit()
    answers = together(
        *(lambda: scene.olive.client.post(answer, data={"body": "Thanks"}) for _ in range(2))
    )
    assert sorted(each.status_code for each in answers) == [303, 409]
    assert "answered already" in "".join(each.text for each in answers)
    assert db.session.scalar(select(func.count(ReviewResponse.id))) == 1
