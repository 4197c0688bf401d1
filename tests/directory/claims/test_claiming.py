"""A person claims an imported studio: what they read, who is asked, and what follows."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from portal.core.clock import now
from portal.core.storage.database import changing_directory, db
from portal.directory.claims.asking import expire_claims
from portal.directory.claims.models import Claim, ClaimState, Origin
from portal.directory.claims.placeholders import has_owner, is_placeholder
from portal.directory.history.models import Change
from portal.directory.models import StudioProfile, VerificationLevel
from tests.directory.claims.conftest import (
    KNOWN,
    NAME,
    ask,
    browser_of,
    claims,
    imported_studio,
    link,
    owner_of,
    slug,
    state,
    told,
)
from tests.directory.pages.studios import make_review
from tests.support.client import PortalClient
from tests.support.corpora import hostile_strings
from tests.support.owners import make_user
from tests.support.pages import words

GRANTED = [
    ("confirm-claim", KNOWN),
    ("claim-granted", "olive@example.com"),
    ("studio-claimed", KNOWN),
]


def test_the_mailbox_says_yes(studio: int, claimant: PortalClient, visitor: PortalClient) -> None:
    """From the public page to the studio's own pages."""
    public = claimant.page(f"/studios/{slug(studio)}")
    assert "Run by" not in words(public.main)
    href = next(a["href"] for a in public.select("a") if "Is this your studio?" in words(a))
    assert href == f"/studios/{slug(studio)}/claim"
    assert "/login" in visitor.get(href).headers["Location"], "and back after the login"
    before = claimant.page(href)
    assert "the studio is yours at once" in words(before.main)
    assert not has_owner(studio)
    ask(claimant, studio)
    for path in (href, "/me", "/me/studio"):
        assert f"You claimed {NAME} sent" in words(claimant.page(path).main), path
    assert told() == GRANTED[:1]

    opened = link()
    page = visitor.page(opened)
    assert "Do you know Olive Marsh?" in words(page.main)
    assert "olive@example.com" not in page.text
    assert state() is ClaimState.SENT, "a click is needed"
    answer = visitor.post(opened, data={"answer": "yes"})
    assert "The studio is handed over" in answer.text

    assert has_owner(studio)
    assert owner_of(studio).email == "olive@example.com"
    assert told() == GRANTED[1:]
    assert visitor.post(opened, data={"answer": "yes"}).status_code == 409
    assert "This link was used already" in visitor.get(opened).text
    assert claimant.post("/me/studio/hide").status_code == 303
    assert claimant.post("/me/studio/show").status_code == 303
    shown = visitor.page(f"/studios/{slug(studio)}")
    assert "Run by Olive Marsh" in words(shown.main)
    assert not any("Is this your studio?" in words(a) for a in shown.select("a"))
    assert "This studio is yours already" in words(claimant.page(href).main)
    actions = db.session.scalars(select(Change.action).order_by(Change.at)).all()
    assert [each for each in actions if each.startswith("claim")] == [
        "claim.asked",
        "claim.granted",
    ]


def test_the_mailbox_says_no(studio: int, claimant: PortalClient, visitor: PortalClient) -> None:
    ask(claimant, studio)
    assert visitor.post(link(), data={"answer": "perhaps"}).status_code == 422
    answer = visitor.post(link(), data={"answer": "no"})
    assert "Nothing was handed over" in answer.text
    assert state() is ClaimState.REFUSED
    assert told() == [("claim-refused", "olive@example.com")], "the other was not sent yet"
    assert is_placeholder(owner_of(studio))
    assert "does not know you" in words(claimant.page("/me").main)
    again = claimant.post(f"/studios/{slug(studio)}/claim", data={})
    assert again.status_code == 409
    assert "for 30 days" in again.text


@pytest.mark.parametrize("with_review", [True, False], ids=["reviews", "verified"])
def test_where_more_than_words_would_go_staff_decide(
    studio: int, claimant: PortalClient, visitor: PortalClient, with_review: bool
) -> None:
    row = db.session.get_one(StudioProfile, studio)
    if with_review:
        make_review(row)
    else:
        row.verification_level = VerificationLevel.BASIC
        db.session.commit()
    said = words(claimant.page(f"/studios/{slug(studio)}/claim").main)
    assert "decide, because it has a review" in said or "decide, because it is verified" in said
    ask(claimant, studio)
    assert "look at the claim once more" in visitor.post(link(), data={"answer": "yes"}).text
    assert state() is ClaimState.WAITING
    assert is_placeholder(owner_of(studio))
    assert "Somebody at the studio’s address has said yes" in words(claimant.page("/me").main)


def test_staff_decide_where_an_import_has_given_another_address_since(
    studio: int, claimant: PortalClient, visitor: PortalClient, admin: PortalClient
) -> None:
    claim = ask(claimant, studio)
    with changing_directory():
        db.session.scalars(select(Origin)).one().email = "desk@corrected.example"
    assert "look at the claim once more" in visitor.post(link(), data={"answer": "yes"}).text
    assert (state(), is_placeholder(owner_of(studio))) == (ClaimState.WAITING, True)
    page = words(admin.page(f"/ops/directory/claims/{claim.id}").main)
    assert "another known address since" in page
    assert admin.post(f"/ops/directory/claims/{claim.id}/grant").status_code == 303


def test_without_a_known_address_staff_decide(site: Flask, claimant: PortalClient) -> None:
    number = imported_studio(email=None)
    said = words(claimant.page(f"/studios/{slug(number)}/claim").main)
    assert "This site knows no address of the studio" in said
    ask(claimant, number)
    assert (state(), told()) == (ClaimState.WAITING, [])


def test_no_page_says_what_the_known_address_is(
    studio: int, claimant: PortalClient, visitor: PortalClient
) -> None:
    paths = [f"/studios/{slug(studio)}/claim", f"/studios/{slug(studio)}", "/me", "/me/studio"]
    ask(claimant, studio)
    texts = [claimant.get(each).text for each in (*paths, link())]
    texts.append(visitor.post(link(), data={"answer": "yes"}).text)
    texts += [claimant.get(each).text for each in paths]
    for each in texts:
        assert not any(part in each for part in (KNOWN, "desk.secret", "voicerooms.example"))
        assert "placeholder" not in each


def test_one_open_claim_a_studio_and_one_a_person(
    site: Flask, studio: int, claimant: PortalClient
) -> None:
    other = browser_of(site, make_user("rosa@example.com", name="Rosa"))
    claim = ask(claimant, studio)
    refused = other.post(f"/studios/{slug(studio)}/claim", data={"message": "Mine, really"})
    assert refused.status_code == 409
    assert "Somebody else has claimed this studio" in refused.text
    assert "Mine, really" in refused.text
    assert "Somebody else has claimed" in words(other.page(f"/studios/{slug(studio)}/claim").main)
    second = imported_studio("Other Rooms", "other@rooms.example")
    answer = claimant.post(f"/studios/{slug(second)}/claim", data={})
    assert (answer.status_code, "Withdraw it first" in answer.text) == (409, True)
    path = f"/me/claims/{claim.id}/withdraw"
    assert other.post(path).status_code == 404, "only one's own"
    assert claimant.post(path).status_code == 303
    assert (state(), told()) == (ClaimState.WITHDRAWN, []), "the letter is not sent any more"
    assert claimant.post(path).status_code == 409
    assert ask(other, studio).open_studio == studio


def test_a_claim_that_nobody_answers_ends(
    site: Flask, studio: int, claimant: PortalClient, visitor: PortalClient
) -> None:
    ask(claimant, studio)
    old, week = link(), timedelta(days=7, seconds=1)
    assert expire_claims(now()) == 0
    with changing_directory():
        db.session.execute(update(Claim).values(expires_at=Claim.created_at))
    assert "has expired" in visitor.get(old).text
    assert visitor.post(old, data={"answer": "yes"}).status_code == 409
    assert "You can claim it again" in words(claimant.page("/me").main)
    ask(claimant, studio)
    assert sorted(each.state for each in claims()) == [ClaimState.EXPIRED, ClaimState.SENT]
    assert expire_claims(now() + week) == 1
    assert {each.open_studio for each in claims()} == {None}


def test_who_can_not_have_it_reads_why(site: Flask, studio: int, claimant: PortalClient) -> None:
    review = make_review(db.session.get_one(StudioProfile, studio))
    reviewer = browser_of(site, review.reviewer)
    review.reviewer.email_verified = True
    db.session.commit()
    path = f"/studios/{slug(studio)}/claim"
    assert "You have reviewed this studio" in words(reviewer.page(path).main)
    assert reviewer.post(path, data={}).status_code == 409
    assert claimant.post("/me/studio/identity", data={"name": "My Own"}).status_code == 303
    assert "My Own, makes room" in words(claimant.page(path).main)
    with changing_directory():
        mine = db.session.scalars(select(StudioProfile).where(StudioProfile.name == "My Own")).one()
        mine.status, mine.is_profile_visible = mine.status.ACTIVE, True
    assert "You have a studio already, My Own" in words(claimant.page(path).main)
    assert claimant.post(path, data={}).status_code == 409
    assert claims() == []


def test_what_is_typed_is_shown_as_text_and_kept_when_it_is_too_long(
    studio: int, claimant: PortalClient, admin: PortalClient
) -> None:
    path = f"/studios/{slug(studio)}/claim"
    long = claimant.post(path, data={"message": "a" * 2001})
    assert (long.status_code, "a" * 2001 in long.text) == (422, True)
    ugly = "".join(hostile_strings()[::60])[:1900]
    claim = ask(claimant, studio, f"{ugly} <script>alert(1)</script>")
    page = admin.page(f"/ops/directory/claims/{claim.id}")
    assert not any("alert(1)" in each.text for each in page.select("script"))
    assert "<script>alert(1)</script>" in words(page.main)
    for odd in ("x", "%00", "a" * 500):
        assert claimant.get(f"/claim/{odd}").status_code == 404
        assert claimant.post(f"/me/claims/{odd}/withdraw").status_code == 404
        assert admin.get(f"/ops/directory/claims/{odd}").status_code == 404


def test_nobody_floods_a_studios_mailbox(site: Flask, studio: int) -> None:
    """Whoever claims, and however many studios have that address."""
    numbers = [studio, *(imported_studio(f"Room {each}") for each in range(3))]
    people = [browser_of(site, make_user(f"p{each}@example.com")) for each in range(4)]
    answers = [
        client.post(f"/studios/{slug(number)}/claim", data={})
        for client, number in zip(people, numbers, strict=True)
    ]
    assert [each.status_code for each in answers] == [303, 303, 303, 429]
    assert len(told()) == 3
