"""Staff decide on what they have read, once, and each decision is noted."""

import pytest
from sqlalchemy import select

from portal.core.errors import Conflict, Invalid, NotFound
from portal.core.storage.database import changing_directory, db
from portal.directory.claims.models import StudioRestriction
from portal.directory.history.models import Change
from portal.directory.models import ReviewStatus, StudioProfile
from portal.directory.reviews.answers import count_reviews, reviews_of_studio
from portal.directory.reviews.moderation import (
    approve_review,
    count_waiting,
    refuse_review,
    remove_review,
    waiting_reviews,
)
from portal.directory.reviews.own import own_review, own_reviews
from portal.directory.users.models import SiteEvent
from tests.directory.reviews.scene import ANA, SECOND, Scene, letters, reviews
from tests.support.pages import words
from tests.web.budgets.plans import explained


def test_a_decision_is_made_once_on_what_was_read(scene: Scene) -> None:
    scene.write()
    [read] = waiting_reviews(1)
    scene.write(**SECOND)
    with pytest.raises(Conflict, match="has changed this review"):
        approve_review(read.number, seen=read.seen, by=ANA)
    [read] = waiting_reviews(1)
    approve_review(read.number, seen=read.seen, by=ANA)
    for late in (
        lambda: approve_review(read.number, seen=read.seen, by=ANA),
        lambda: refuse_review(read.number, "No", seen=read.seen, by=ANA),
    ):
        with pytest.raises(Conflict, match="decided on already"):
            late()
    with pytest.raises(NotFound, match="its author has deleted it"):
        approve_review(999, seen="", by=ANA)
    assert len(letters()) == 1


def test_the_queue_reads_what_waits_alone(scene: Scene) -> None:
    """And so do the lists of authors and owners: theirs."""
    scene.write()
    with explained() as plans:
        assert waiting_reviews(5, after=waiting_reviews(1)[0].place) == []
        assert count_waiting() == 1
        own_reviews(scene.nora.number, number=1)
        own_review(scene.nora.number, scene.studio.id)
        reviews_of_studio(scene.olive.number, number=1)
        count_reviews(scene.olive.number)
    assert plans.scans == {}


def test_a_reason_is_needed(scene: Scene) -> None:
    scene.write()
    [read] = waiting_reviews(1)
    for because in ("", " \n", "x" * 301):
        with pytest.raises(Invalid) as caught:
            refuse_review(read.number, because, seen=read.seen, by=ANA)
        assert caught.value.field == "because"
    with pytest.raises(Conflict, match="not on the studio"):
        remove_review(read.number, "Reported", by=ANA)


def test_an_approved_one_is_removed_and_each_step_is_noted(scene: Scene) -> None:
    scene.write()
    number = scene.approve()
    scene.write(**SECOND)
    remove_review(number, "It names a person.", by=ANA)
    assert (scene.shown(), count_waiting()) == ([], 0)
    assert reviews()[0].status is ReviewStatus.REJECTED
    listed = words(scene.nora.client.page("/me/reviews").main)
    assert "The reason: It names a person." in listed
    assert "second thought" in listed
    changes = db.session.scalars(select(Change).order_by(Change.at)).all()
    assert [
        (each.action, each.number, each.studio_number, each.user_id, each.by_name)
        for each in changes
    ] == [
        (action, str(number), scene.studio.id, scene.nora.number, "Ana")
        for action in ("review.approved", "review.removed")
    ]
    assert changes[1].before["status"] == "approved"
    assert changes[1].after["status"] == "rejected"
    assert "calm" not in str([(each.before, each.after) for each in changes])
    events = db.session.scalars(select(SiteEvent).where(SiteEvent.kind == "staff")).all()
    assert {each.id for each in events} == {each.id for each in changes}
    assert letters()[-1] == ("review-refused", "nora@other.example")


def test_reviews_of_ones_own_studio_and_of_deleted_ones(scene: Scene) -> None:
    scene.write()
    [read] = waiting_reviews(1)
    with changing_directory():
        db.session.add(StudioRestriction(user_id=scene.olive.number, deleted_at=db.func.now()))
    assert (waiting_reviews(5), count_waiting()) == ([], 0)
    with changing_directory():
        db.session.get_one(StudioProfile, scene.studio.id).user_id = scene.nora.number
    assert count_waiting() == 1
    with pytest.raises(Conflict, match="belongs to the author"):
        approve_review(read.number, seen=read.seen, by=ANA)
