"""Staff see what waits and what is known, decide, and take back."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from portal.accounts.models import Role
from portal.core.clock import now
from portal.core.storage.database import changing_directory, db
from portal.directory.claims.asking import expire_claims
from portal.directory.claims.drafts import DRAFT
from portal.directory.claims.handover import ACTION, hand_over
from portal.directory.claims.models import Claim, ClaimState
from portal.directory.claims.placeholders import is_placeholder
from portal.directory.claims.queries import count_waiting_claims
from portal.directory.history.models import Change, ChangedBy
from portal.directory.history.recording import WORKER
from portal.directory.models import StudioProfile
from portal.directory.owners.models import SiteMessage, StudioHours
from portal.directory.users.models import SiteEvent
from tests.directory.claims.conftest import (
    KNOWN,
    NAME,
    ask,
    browser_of,
    imported_studio,
    owner_of,
    slug,
    state,
    told,
)
from tests.directory.owners.editing import Editor
from tests.support.cast import log_in, make_account
from tests.support.client import PortalClient
from tests.support.owners import make_user
from tests.support.pages import words

LIST = "/ops/directory/claims"


def events() -> list[str]:
    db.session.rollback()
    query = select(SiteEvent.details).where(SiteEvent.kind == "staff").order_by(SiteEvent.at)
    return [each["action"] for each in db.session.scalars(query)]


def test_an_admin_grants_a_claim_and_takes_it_back(
    site: Flask, claimant: PortalClient, visitor: PortalClient, admin: PortalClient
) -> None:
    """The person had begun a studio, changes the new one, gets a message, and loses it again."""
    editor = Editor(claimant)
    editor.save("identity", name="My Own", short_about="Mine.")
    editor.save("types", types=["home"])
    editor.save("hours", monday="9-17", zone="Europe/Paris")
    number = imported_studio(email=None)
    assert (count_waiting_claims(), "No claim waits" in words(admin.page(LIST).main)) == (0, True)
    claim = ask(claimant, number, "Ask at the door.")
    path = f"{LIST}/{claim.id}"
    assert count_waiting_claims() == 1
    assert f"{NAME}Olive Marsh" in words(admin.page(LIST).main).replace(" Olive", "Olive")
    page = words(admin.page(path).main)
    for said in ("Ask at the door.", "olive@example.com", "My Own, makes room", "no one could be"):
        assert said in page

    assert admin.post(f"{path}/grant").status_code == 303
    assert owner_of(number).email == "olive@example.com"
    assert told() == [("claim-granted", "olive@example.com")]
    assert NAME in words(claimant.page("/me/studio").main)
    assert db.session.scalars(select(StudioHours)).all() == [], "the draft's hours made room"
    visitor.post(f"/studios/{slug(number)}/contact",
                 data={"name": "Vi", "email": "vi@example.com", "message": "Free?"})  # fmt: skip
    editor.save("identity", name="Voice Rooms Leeds")
    assert admin.post(f"{path}/grant").status_code == 409
    assert "Nothing of the studio was changed" not in words(admin.page(path).main)

    assert admin.post(f"{path}/undo", data={"reason": " "}).status_code == 422
    assert admin.post(f"{path}/undo", data={"reason": "It was not hers."}).status_code == 303
    assert (state(), is_placeholder(owner_of(number))) == (ClaimState.UNDONE, True)
    assert db.session.get_one(StudioProfile, number).name == "Voice Rooms Leeds", "edits stay"
    mine = db.session.scalars(select(StudioProfile).where(StudioProfile.name == "My Own")).one()
    assert mine.user.email == "olive@example.com"
    assert (mine.short_about, [each.studio_type.value for each in mine.types]) == (
        "Mine.",
        ["home"],
    )
    assert [(each.opens, each.closes) for each in db.session.scalars(select(StudioHours))] == [
        (540, 1020)
    ]
    assert db.session.scalars(select(SiteMessage)).one().user_id == mine.user_id
    account = words(claimant.page("/me").main)
    assert "It was not hers." in account
    assert "My Own" in account
    assert told()[-1] == ("claim-undone", "olive@example.com")
    assert admin.post(f"{path}/undo", data={"reason": "Again"}).status_code == 409
    both = ["studio.handed-over", "claim.granted", "studio.handed-over", "claim.undone"]
    assert events() == both
    by = db.session.scalars(select(Change.by).where(Change.action == "claim.granted")).one()
    assert by is ChangedBy.STAFF


def test_an_admin_refuses_with_a_reason(
    studio: int, claimant: PortalClient, admin: PortalClient
) -> None:
    path = f"{LIST}/{ask(claimant, studio).id}"
    assert KNOWN in words(admin.page(path).main)
    for address in (f"{LIST}?state=sent", f"{LIST}?state=all", f"{LIST}?state=odd&page=x"):
        assert NAME in words(admin.page(address).main)
    long = admin.post(f"{path}/refuse", data={"reason": "a" * 301})
    assert (long.status_code, "a" * 301 in long.text, "autofocus" in long.text) == (422, True, True)
    assert (
        admin.post(f"{path}/refuse", data={"reason": "Nobody there\nknows you."}).status_code == 303
    )
    assert state() is ClaimState.REFUSED
    assert "Nobody there knows you." in words(claimant.page("/me").main)
    assert told() == [("claim-refused", "olive@example.com")]
    assert admin.post(f"{path}/refuse", data={"reason": "Twice"}).status_code == 409
    assert events() == ["claim.refused"]


def test_what_went_on_to_somebody_else_is_not_given_back(
    site: Flask, claimant: PortalClient, admin: PortalClient
) -> None:
    number = imported_studio(email=None)
    claim = ask(claimant, number)
    path = f"{LIST}/{claim.id}"
    rosa = make_user("rosa@example.com", name="Rosa").id
    admin.post(f"{path}/grant")
    with changing_directory():
        hand_over(number, rosa, by=WORKER)
    assert "handed over again since" in words(admin.page(path).main)
    answer = admin.post(f"{path}/undo", data={"reason": "Wrong"})
    assert (answer.status_code, "handed over again since" in answer.text) == (409, True)
    assert owner_of(number).id == rosa


def test_it_can_be_taken_back_for_30_days(
    site: Flask, claimant: PortalClient, admin: PortalClient
) -> None:
    number = imported_studio(email=None)
    path = f"{LIST}/{ask(claimant, number).id}"
    admin.post(f"{path}/grant")
    with changing_directory():
        change = db.session.scalars(select(Change).where(Change.action == ACTION)).one()
        change.before = change.before | {DRAFT: {"studio_profiles": []}}
        db.session.execute(update(Claim).values(undo_until=now() - timedelta(seconds=1)))
    expire_claims(now())
    change = db.session.scalars(select(Change).where(Change.action == ACTION)).one()
    assert DRAFT not in change.before, "a draft that made room is forgotten"
    assert "more than 30 days ago" in words(admin.page(path).main)
    assert admin.post(f"{path}/undo", data={"reason": "Late"}).status_code == 409
    assert not is_placeholder(owner_of(number))


def test_what_can_not_be_granted_says_why(
    site: Flask, claimant: PortalClient, admin: PortalClient
) -> None:
    """The person published a studio meanwhile."""
    number = imported_studio(email=None)
    path = f"{LIST}/{ask(claimant, number).id}"
    editor = Editor(claimant)
    editor.complete("My Own")
    editor.press("publish")
    assert "has a studio already: My Own" in words(admin.page(path).main)
    assert admin.post(f"{path}/grant").status_code == 409
    assert (state(), is_placeholder(owner_of(number))) == (ClaimState.WAITING, True)
    assert events() == []


@pytest.mark.parametrize("role", [Role.OPS, Role.CLIENT, None], ids=["ops", "client", "nobody"])
def test_it_is_for_admins_alone(
    site: Flask, studio: int, claimant: PortalClient, role: Role | None
) -> None:
    """Also not for the owner of the claim, or with the site's login."""
    claim = ask(claimant, studio)
    client = claimant if role is None else browser_of(site, make_user("rosa@example.com"))
    if role:
        log_in(client, make_account("somebody", role))
    path = f"{LIST}/{claim.id}"
    answers = [client.get(LIST), client.get(path)]
    answers += [
        client.post(f"{path}/{each}", data={"reason": "x"}) for each in ("grant", "refuse", "undo")
    ]
    assert all(each.status_code in {303, 401, 403} for each in answers)
    assert not any(KNOWN in each.text for each in answers)
    assert state() is ClaimState.SENT


def test_a_hand_over_to_who_claims_grants_the_claim(
    site: Flask, studio: int, claimant: PortalClient, admin: PortalClient
) -> None:
    claim = ask(claimant, studio)
    with changing_directory():
        hand_over(studio, claim.user_id, by=WORKER)
    assert state() is ClaimState.GRANTED
    assert told() == [("claim-granted", "olive@example.com"), ("studio-claimed", KNOWN)]
    answer = admin.post(f"{LIST}/{claim.id}/undo", data={"reason": "Wrong"})
    assert (answer.status_code, state()) == (303, ClaimState.UNDONE)
    assert is_placeholder(owner_of(studio))


def test_the_studios_history_says_who_did_what_and_shows_nobodys_draft(
    site: Flask, claimant: PortalClient, admin: PortalClient
) -> None:
    Editor(claimant).save("identity", name="My Own", short_about="Not for others.")
    number = imported_studio(email=None)
    admin.post(f"{LIST}/{ask(claimant, number).id}/grant")
    page = admin.page(f"/ops/directory/studios/{number}")
    said = words(page.select_one("#history"))
    for each in ("Olive Marsh (who claims it) Claimed", "Ada (staff) Claim granted", "Handed over"):
        assert each in said
    assert "Not for others" not in str(page)
