"""What each action does with a studio, what it leaves as it is, and the way back."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from portal.core.clock import now
from portal.core.errors import Conflict, Invalid
from portal.core.storage.database import changing_directory, db
from portal.directory.admin.undoing import undo_change
from portal.directory.batches.requesting import MOST, request_batch, request_undo
from portal.directory.claims.models import StudioRestriction
from portal.directory.claims.placeholders import new_placeholder_address
from portal.directory.history.models import Batch, Change
from portal.directory.models import StudioStatus, User, VerificationLevel
from portal.directory.owners.own import own_studio
from portal.directory.owners.publishing import State, show_studio, state_of
from portal.directory.users.account.deletion import ask_deletion, withdraw_deletion
from portal.directory.users.models import SiteAccount, SiteEvent, SiteLetter
from tests.directory.history.studios import REASON, do, make_studios, studio, undo, work
from tests.support.owners import log_in_site

TEN = 10


def letters() -> list[tuple[str, str]]:
    query = select(SiteLetter.kind, SiteLetter.email).order_by(SiteLetter.created_at)
    return [(row.kind, row.email) for row in db.session.execute(query)]


def state(number: int) -> State:
    return state_of(own_studio(db.session.get_one(User, studio(number).user_id)))


def flags(number: int) -> tuple[bool, VerificationLevel, bool]:
    row = studio(number)
    return row.is_verified, row.verification_level, row.is_featured


def test_hidden_studios_are_off_until_staff_publish_them(ana) -> None:
    first, second = make_studios(2)
    owner = studio(first).user_id

    batch = do("hide", [first, second, first, 4711], ana)

    assert (batch.numbers, batch.finished_at is not None) == ([first, second, 4711], True)
    assert batch.refused == {"4711": "There is no such studio any more."}
    assert (state(first), studio(first).is_listed) == (State.OFF, False)
    assert db.session.get_one(StudioRestriction, owner).because == REASON
    assert letters() == [("studio-hidden", f"owner{at}@example.com") for at in (0, 1)]
    with pytest.raises(Conflict, match="Only they can publish it again"):
        show_studio(owner)
    again = do("hide", [first], ana)
    assert again.refused == {str(first): "Staff have hidden it already."}

    do("publish", [first], ana)

    assert (state(first), state(second)) == (State.PUBLISHED, State.OFF)
    assert letters()[-1] == ("studio-returned", "owner0@example.com")
    rows = db.session.scalars(select(Change).where(Change.studio_number == first)).all()
    changes = {each.action: each for each in rows}
    assert changes["studio.hidden"].before["status"] == "active"
    after = changes["studio.published"].after
    assert after.pop("published_at")
    assert after == {"status": "active", "hidden_by_staff_at": None, "because": None}


def test_what_is_incomplete_is_not_published_and_the_rest_is(ana) -> None:
    whole, bare, leaving, shown, imported = make_studios(5, listed=False)
    with changing_directory():
        studio(bare).city, studio(bare).short_about = None, " "
        studio(shown).status, studio(shown).is_profile_visible = StudioStatus.ACTIVE, True
        unknown = studio(imported).user
        unknown.email, unknown.email_verified = new_placeholder_address(), False
    ask_deletion(studio(leaving).user_id)

    batch = do("publish", [whole, bare, leaving, shown, imported], ana)

    assert batch.refused == {
        str(bare): "It lacks a short text and a city.",
        str(leaving): "Its owner’s account is going to be deleted, so it stays out of sight.",
        str(shown): "It is published already.",
    }
    assert [studio(each).is_listed for each in (whole, bare, leaving, imported)] == [
        *(True, False, False, True)
    ]
    assert batch.details["changed"] == 2


def test_a_studio_that_its_owner_hides_is_its_owners_to_show(ana) -> None:
    [number] = make_studios(1)
    owner = studio(number).user_id
    with changing_directory():
        own = own_studio(db.session.get_one(User, owner))
        own.studio.status, own.details.hidden_at = StudioStatus.INACTIVE, now()
        db.session.add(own.details)
    assert list(do("publish", [number], ana).refused.values()) == [
        "Its owner has hidden it, so only its owner can show it again."
    ]
    do("hide", [number], ana)
    assert state(number) is State.OFF
    assert do("publish", [number], ana).refused == {}
    assert state(number) is State.HIDDEN


@pytest.mark.parametrize("also", ["", "hide"], ids=["its owner", "and staff"])
def test_what_a_former_owner_hid_staff_show_where_nobody_else_can(ana, also: str) -> None:
    """As after a claim that was taken back: the studio is its placeholder's again."""
    [number] = make_studios(1)
    owner = studio(number).user_id
    ask_deletion(owner)
    if also:
        do(also, [number], ana)
    with changing_directory():
        studio(number).user.email = new_placeholder_address()
        db.session.get_one(SiteAccount, owner).deletion_due_at = None
    assert do("publish", [number], ana).refused == {}
    assert state(number) is State.PUBLISHED


def test_what_staff_hid_stays_hidden_when_its_owner_keeps_the_account(ana) -> None:
    [number] = make_studios(1)
    owner = studio(number).user_id
    ask_deletion(owner)
    do("hide", [number], ana)
    withdraw_deletion(owner)
    assert (state(number), studio(number).is_listed) == (State.OFF, False)


@pytest.mark.parametrize(
    ("name", "back", "after"),
    [
        ("verify", "unverify", (True, VerificationLevel.BASIC, False)),
        ("feature", "unfeature", (False, VerificationLevel.NONE, True)),
    ],
)
def test_a_mark_is_given_and_withdrawn_once(ana, name: str, back: str, after: object) -> None:
    [number] = make_studios(1)
    assert len(do(back, [number], ana).refused) == 1
    do(name, [number], ana)
    assert flags(number) == after
    assert len(do(name, [number], ana).refused) == 1
    do(back, [number], ana)
    assert flags(number) == (False, VerificationLevel.NONE, False)
    assert letters() == []


def test_a_deleted_studio_is_gone_for_all_and_can_be_brought_back(ana, client) -> None:
    [number] = make_studios(1)
    page = f"/studios/quiet-room-0-{number}"
    assert client.get(page).status_code == 200

    batch = do("delete", [number], ana)

    assert state(number) is State.DELETED
    gone = client.get(page)
    assert (gone.status_code, "not in the directory any more" in gone.text) == (410, True)
    assert "Quiet Room" not in client.get("/studios?q=quiet").text
    for name in ("publish", "hide", "verify", "feature"):
        assert list(do(name, [number], ana).refused.values()) == [
            "It was deleted by staff. Bring it back first."
        ]
    assert letters() == [("studio-deleted", "owner0@example.com")]
    log_in_site(client, db.session.get_one(User, studio(number).user_id))
    own = client.get("/me/studio").text
    assert ("have removed your studio" in own, REASON in own) == (True, True)
    assert "can’t be published any more" in client.post("/me/studio/show").text
    assert (
        client.post("/me/studio/identity", data={"name": "New", "version": ""}).status_code == 409
    )

    do("return", [number], ana)

    assert (state(number), client.get(page).status_code) == (State.PUBLISHED, 200)
    assert letters()[-1][0] == "studio-returned"
    left = undo(batch, ana).refused
    assert "changed since, by Ana on" in left[str(number)]


def test_one_change_that_is_taken_back_is_told_and_known_to_a_restore_too(ana) -> None:
    [number] = make_studios(1)
    do("hide", [number], ana, reason=REASON)
    query = select(Change.id).where(Change.action == "studio.hidden")
    undo_change(db.session.scalars(query).one(), by=ana)
    assert studio(number).is_listed
    assert [kind for kind, _ in letters()] == ["studio-hidden", "studio-returned"]
    kinds = db.session.scalars(select(SiteEvent.kind).where(SiteEvent.kind.like("studio%")))
    assert len(kinds.all()) == 2


def test_no_letter_goes_to_a_placeholder_or_to_who_is_blocked(ana) -> None:
    imported, blocked = make_studios(2)
    with changing_directory():
        studio(imported).user.email = new_placeholder_address()
        db.session.add(SiteAccount(user_id=studio(blocked).user_id, blocked_at=now()))
    do("hide", [imported, blocked], ana)
    assert letters() == []


def test_an_undo_gives_back_what_was_and_lists_what_was_changed_since(ana) -> None:
    numbers = make_studios(TEN)
    batch = do("feature", numbers, ana)
    do("unfeature", numbers[:2], ana)

    back = undo(batch, ana)

    assert back.undoes == batch.id
    assert [studio(each).is_featured for each in numbers] == [False] * TEN
    assert back.refused.keys() == {str(each) for each in numbers[:2]}
    assert set(back.refused.values()) == {
        f"Its place among the featured was changed since, by Ana on {minute()}. It stays as it is."
    }
    with pytest.raises(Conflict, match="taken back already by Ana"):
        request_undo(batch.id, by=ana)
    with pytest.raises(Conflict, match="act on the studios once more"):
        request_undo(back.id, by=ana)


def minute() -> str:
    newest = db.session.scalars(
        select(Change.at).where(Change.action == "studio.unfeatured").order_by(Change.at.desc())
    ).first()
    return f"{newest.day} {newest:%B %Y, %H:%M} UTC"


def test_an_undo_shows_nothing_that_may_not_be_shown(ana) -> None:
    """Its owner goes, or it lacks what a published one needs by now."""
    leaving, bare, whole = make_studios(3)
    batch = do("hide", [leaving, bare, whole], ana)
    ask_deletion(studio(leaving).user_id)
    with changing_directory():
        studio(bare).city = None
    back = undo(batch, ana)
    assert back.refused == {
        str(leaving): "Its owner’s account is going to be deleted, so it stays out of sight.",
        str(bare): "It lacks a city by now, so it was not shown again.",
    }
    assert [state(each) for each in (leaving, bare, whole)] == [
        *(State.OFF, State.OFF, State.PUBLISHED)
    ]


def test_after_thirty_days_it_is_too_late(ana) -> None:
    [number] = make_studios(1)
    batch = do("verify", [number], ana)
    later = time_machine.travel(now() + timedelta(days=31), tick=False)
    with later, pytest.raises(Conflict, match="more than 30 days ago"):
        request_undo(batch.id, by=ana)
    assert studio(number).is_verified


@pytest.mark.parametrize(
    ("name", "numbers", "reason", "said"),
    [
        ("hide", [1], "", "Say why"),
        ("hide", [1], "x" * 501, "At most 500 characters"),
        ("verify", [], "", "Tick the studios first"),
        ("verify", range(MOST + 1), "", "At most 5,000 studios"),
        ("explode", [1], "", "no such action"),
        ("hand-over", [1, 2], "Why", "Only one studio"),
    ],
    ids=["no-reason", "long-reason", "none", "too-many", "unknown", "two-handed-over"],
)
def test_what_can_not_be_asked_for(ana, name, numbers, reason, said) -> None:
    with pytest.raises(Invalid, match=said):
        request_batch(name, numbers, by=ana, reason=reason)
    assert db.session.scalar(select(Batch.id)) is None


def test_a_studio_is_handed_over_and_given_back(ana) -> None:
    [number] = make_studios(1)
    owner = studio(number).user_id
    with changing_directory():
        person = User(
            email="new@example.com", username="new", display_name="New", password_hash="-",
            email_verified=True,
        )  # fmt: skip
        db.session.add(person)
        db.session.flush()
        to = person.id
    batch = do("hand-over", [number], ana, details={"to": to})
    assert (batch.refused, studio(number).user_id) == ({}, to)
    assert list(do("hand-over", [number], ana, details={"to": to}).refused.values()) == [
        "New owns this studio already."
    ]
    assert undo(batch, ana).refused == {}
    assert studio(number).user_id == owner


def test_the_worker_says_how_it_ended(ana) -> None:
    numbers = make_studios(2)
    do("feature", numbers[:1], ana)
    request_batch("feature", numbers, by=ana)
    [operation] = work()
    assert operation.outcome == "1 studio featured; 1 left as they are."
    assert operation.requested_by_name == "Ana"
    assert work() == []


def test_nothing_of_a_deleted_studio_is_taken_back_before_it_is_there_again(ana) -> None:
    """Also where the reasons are the same, so that nothing seems to have changed since."""
    [number] = make_studios(1)
    hidden = do("hide", [number], ana)
    deleted = do("delete", [number], ana)
    assert list(undo(hidden, ana).refused.values()) == [
        "It was deleted by staff. Bring it back first."
    ]
    assert studio(number).status is StudioStatus.INACTIVE
    assert undo(deleted, ana).refused == {}
    assert (state(number), studio(number).is_listed) == (State.OFF, False)
