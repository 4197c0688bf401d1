"""Each page and each action with other people's numbers: nothing is shown, nothing is changed."""

from flask import Flask
from sqlalchemy import select

from portal.core.storage.database import db
from portal.directory.models import Review, ReviewResponse
from tests.directory.reviews.scene import FIRST, Scene, person
from tests.support.cast import log_in, make_account

BODY = {"body": "An answer of somebody else."}


def state() -> list[tuple[object, ...]]:
    db.session.rollback()
    columns = Review.__table__.c, ReviewResponse.__table__.c
    return [tuple(row) for of in columns for row in db.session.execute(select(*of))]


def test_every_address_with_numbers_of_others(scene: Scene, app: Flask) -> None:
    scene.write()
    number, before = scene.approve(), state()
    mallory = person(app, "mallory@evil.example", "Mallory")
    ana = app.test_client()
    log_in(ana, make_account("ana"))
    delete, answer = f"/me/reviews/{number}/delete", f"/me/studio/reviews/{number}/answer"
    for path, data, who in (
        (delete, {}, (mallory.client, scene.olive.client)),
        (answer, BODY, (mallory.client, scene.nora.client)),
    ):
        for client in who:
            assert client.post(path, data=data | {"user_id": "1"}).status_code == 404
            assert client.post(path, data=data, with_token=False).status_code == 400
            assert client.get(path).status_code == 405
            foreign = {"Origin": "https://evil.example"}
            assert client.post(path, data=data, headers=foreign).status_code == 400
        for client in (scene.visitor, ana):
            assert client.post(path, data=data).location.startswith("/login")
    for client in (mallory.client, scene.nora.client):
        assert client.get(f"/me/studio/reviews/{number}").status_code == 404
        assert "calm session" not in client.get("/me/studio/reviews").text
    assert "calm session" not in mallory.client.get("/me/reviews").text
    for page in ("/me/reviews", "/me/studio/reviews", f"/me/studio/reviews/{number}"):
        for client in (scene.visitor, ana):
            assert client.get(page).location.startswith("/login")
    for odd in ("/me/reviews/99999999999/delete", "/me/studio/reviews/0/answer"):
        assert scene.nora.client.post(odd, data=BODY).status_code == 404
    extra = {"status": "approved", "number": str(number), "reviewer_id": "1", "version": "x"}
    assert mallory.client.post(f"{scene.page}/review", data=FIRST | extra).status_code == 303
    assert state()[0] == before[0]
    assert db.session.scalars(select(Review.status).order_by(Review.id)).all() == [
        "approved",
        "pending",
    ]
