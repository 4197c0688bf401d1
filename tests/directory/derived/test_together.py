"""Two writers at once: neither stops the other for good, and what is kept is right afterwards."""

import threading
from collections.abc import Callable
from contextlib import suppress
from random import Random

import pytest
from flask import Flask, current_app
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from portal.core.storage.database import db
from portal.databases.engines.base import Busy
from portal.databases.targets.config import Target
from portal.directory.models import Review, ReviewStatus, StudioProfile
from tests.directory.derived.conftest import STUDIOS, fill
from tests.directory.derived.looking import differing, whole
from tests.directory.derived.test_upkeep import review

BOTH = {"ratings", "counts", "search", "admin"}
ROUNDS = 6


def write(seed: int) -> None:
    """Reviews and studios in whatever order, two flushes a transaction."""
    random = Random(seed)
    for _ in range(2):
        reviews = list(db.session.scalars(select(Review).order_by(Review.id)))
        one, other = random.sample(reviews, 2)
        one.rating = random.randint(1, 5)
        one.status = random.choice(list(ReviewStatus))
        db.session.flush()
        other.studio_id = one.studio_id
        studio = db.session.get_one(StudioProfile, random.randint(1, STUDIOS))
        studio.city = random.choice(["Oslo", "Ulm", "oslo", "", None])
        db.session.flush()


def often(app: Flask, what: Callable[[int], object], faults: list[str], seed: int) -> None:
    with app.app_context():
        for number in range(ROUNDS):
            try:
                what(seed * 1000 + number)
                db.session.commit()
            except OperationalError as error:
                db.session.rollback()
                if db.engine.dialect.name == "postgresql":
                    faults.append(str(error.orig))
            finally:
                db.session.remove()


def fill_like_the_worker(target: Target) -> None:
    """It gives way to whoever writes for long, and comes back."""
    for _ in range(20):
        with suppress(Busy, OperationalError):
            fill(target, batches=2)


def test_writers_and_a_fill_at_once(expanded: Target):
    app, faults = current_app._get_current_object(), list[str]()
    threads = [threading.Thread(target=often, args=(app, write, faults, seed)) for seed in range(3)]
    threads.append(threading.Thread(target=fill_like_the_worker, args=(expanded,)))
    for each in threads:
        each.start()
    for each in threads:
        each.join(60)
    fill(expanded)
    assert faults == []
    assert (whole(expanded), differing(expanded)) == (BOTH, {})


def move(app: Flask, number: int, to: int) -> None:
    with app.app_context():
        db.session.get_one(Review, number).studio_id = to
        db.session.commit()
        db.session.remove()


@pytest.mark.parametrize("settings", ["postgresql"], indirect=True)
def test_a_review_that_somebody_moved_since_it_was_read(kept: Target):
    one = review()
    away = next(each for each in range(1, 30) if each != one.studio_id)
    app, number = current_app._get_current_object(), one.id
    mover = threading.Thread(target=move, args=(app, number, away))
    mover.start()
    mover.join(20)
    one.rating = 1 if one.rating != 1 else 2
    db.session.commit()
    assert (whole(kept), differing(kept)) == (BOTH, {})
