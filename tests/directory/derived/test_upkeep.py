"""A change of a review or a studio keeps ratings and counts in its own transaction."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import delete, event, insert, inspect, select, update

from portal.core.storage.database import db
from portal.databases.targets.config import Target
from portal.directory.derived import registry
from portal.directory.models import (
    Review,
    ReviewStatus,
    StudioProfile,
    StudioStatus,
    StudioStudioType,
    StudioType,
    User,
)
from tests.directory.derived.conftest import fill
from tests.directory.derived.looking import by_hand, differing, whole
from tests.directory.pages.studios import make_review, make_studio


def review() -> Review:
    return db.session.scalars(
        select(Review).where(Review.status == ReviewStatus.APPROVED).order_by(Review.id).limit(1)
    ).one()


def studio(number: int = 0) -> StudioProfile:
    listed = StudioProfile.status == StudioStatus.ACTIVE
    query = select(StudioProfile).where(listed).order_by(StudioProfile.id)
    return db.session.scalars(query.offset(number).limit(1)).one()


def add_by_number() -> None:
    there, by = studio(), studio(1).user_id
    db.session.add(Review(studio_id=there.id, reviewer_id=by, owner_id=there.user_id, rating=1,
                          content="No.", status=ReviewStatus.APPROVED))  # fmt: skip


def set_(one: object, **values: object) -> None:
    for name, value in values.items():
        setattr(one, name, value)


def add_a_type() -> None:
    there = studio()
    missing = next(each for each in StudioType if each not in {t.studio_type for t in there.types})
    there.types.append(StudioStudioType(studio_type=missing))


def in_a_savepoint_that_is_undone() -> None:
    nested = db.session.begin_nested()
    review().rating = 1
    db.session.flush()
    nested.rollback()


def moved_unasked() -> None:
    """As a form that only has the number does it: nobody loads where the review was."""
    found = review()
    there = studio(7).id
    db.session.commit()
    found.studio_id = there


def twice_in_one_transaction() -> None:
    review().status = ReviewStatus.REJECTED
    db.session.flush()
    studio().city = "Ulm"
    db.session.flush()
    review().rating = 2


CHANGES: dict[str, Callable[[], object]] = {
    "a new one": lambda: make_review(studio(3), rating=1),
    "a new one by number": add_by_number,
    "another rating": lambda: set_(review(), rating=1),
    "rejected": lambda: set_(review(), status=ReviewStatus.REJECTED),
    "deleted": lambda: db.session.delete(review()),
    "moved": lambda: set_(review(), studio=studio(5)),
    "moved by number": lambda: set_(review(), studio_id=studio(6).id),
    "moved, never asked where from": moved_unasked,
    "its author deleted": lambda: db.session.delete(review().reviewer),
    "an owner deleted": lambda: db.session.delete(studio(2).user),
    "a studio deleted": lambda: db.session.delete(studio(1)),
    "hidden": lambda: set_(studio(), is_profile_visible=False),
    "closed": lambda: set_(studio(4), status=StudioStatus.INACTIVE),
    "another city": lambda: set_(studio(), city="Oslo"),
    "no city": lambda: set_(studio(), city=None),
    "a new studio": lambda: make_studio("New", city="Oslo", types=(StudioType.HOME,), ratings=(5,)),
    "another type": add_a_type,
    "no types": lambda: set_(studio(), types=[]),
    "undone": in_a_savepoint_that_is_undone,
    "twice": twice_in_one_transaction,
    "something else": lambda: set_(studio().user, display_name="Ben"),
}


@pytest.mark.parametrize("batches", [0, 5, 1000], ids=["empty", "half", "whole"])
def test_every_change_keeps_them(expanded: Target, batches: int):
    fill(expanded, batches=batches)
    stood = whole(expanded)
    for name, change in CHANGES.items():
        change()
        db.session.commit()
        assert whole(expanded) == stood, name
        assert differing(expanded, stood) == {}, name
    fill(expanded)
    assert (whole(expanded), differing(expanded)) == ({"ratings", "counts", "search", "admin"}, {})


def test_a_change_writes_what_it_changes(kept: Target):
    """Of the index's rows: none for what is not in it, and few for a word."""
    found = studio()
    db.session.commit()
    written: list[int] = []

    def note(_connection, _cursor, statement, values, _context, is_many):
        if "derived_search" in statement and not statement.startswith("SELECT"):
            written.append(len(values) if is_many else 1)

    engine = db.session.connection(bind_arguments={"mapper": inspect(StudioProfile)}).engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        found.phone = "0117 4960002"
        db.session.commit()
        assert written == []
        found.name = f"{found.name} Quixotic"
        db.session.commit()
    finally:
        event.remove(engine, "before_cursor_execute", note)
    assert 0 < sum(written) < 60, "some 800 rows are of this studio"
    assert differing(kept) == {}


def test_what_is_rolled_back_leaves_nothing(kept: Target):
    make_ = review()
    make_.rating = 1
    db.session.flush()
    db.session.rollback()
    assert differing(kept) == {}


BULK: dict[str, tuple[Callable[[], object], set[str]]] = {
    "update": (lambda: update(Review).values(rating=1), {"counts"}),
    "delete": (lambda: delete(Review).where(Review.rating > 3), {"counts"}),
    "of the table": (lambda: update(StudioProfile.__table__).values(city="Ulm"), {"ratings"}),
    "cascading": (lambda: delete(User).where(User.id < 9), set()),
    "insert": (
        lambda: insert(StudioStudioType).values(studio_id=studio(7).id, studio_type="podcast"),
        {"ratings"},
    ),
    "of people": (
        lambda: update(User).values(display_name="Ben"),
        {"ratings", "counts", "search", "admin"},
    ),
}


def test_a_statement_without_objects_has_them_rebuilt(kept: Target, client):
    db.session.execute(delete(StudioStudioType).where(StudioStudioType.studio_type == "podcast"))
    db.session.commit()
    for name, (statement, left) in BULK.items():
        fill(kept)
        db.session.execute(statement())
        db.session.commit()
        assert whole(kept) == left, name
        assert client.get("/").status_code == 200
    fill(kept)
    assert (whole(kept), differing(kept)) == ({"ratings", "counts", "search", "admin"}, {})


def test_what_another_release_keeps_is_not_left_behind(kept: Target):
    """A newer rule, and a thing that this release doesn't know: the one that does makes it anew."""
    by_hand(
        kept,
        "UPDATE derived_state SET rule = 99 WHERE derived = 'ratings'",
        "INSERT INTO derived_state VALUES ('words', 1, 30, true)",
    )
    review().rating = 1
    db.session.commit()
    assert whole(kept) == {"counts", "search", "admin"}
    fill(kept)
    assert whole(kept) == {"counts", "search", "admin"}, "another release's rule is left to it"


def test_rows_of_an_older_rule_are_rebuilt(kept: Target, monkeypatch: pytest.MonkeyPatch):
    by_hand(kept, "UPDATE derived_state SET rule = 0")
    fill(kept)
    assert (whole(kept), differing(kept)) == ({"ratings", "counts", "search", "admin"}, {})


def test_tables_that_the_guard_takes_for_content_are_not_registered():
    ratings = next(each for each in registry.all_derived() if each.name == "ratings")
    with pytest.raises(ValueError, match="users"):
        registry.register(replace(ratings, tables=(User.__table__,)))
