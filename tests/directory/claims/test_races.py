"""Two at once, on both engines: one success, and one plain sentence."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from portal.core.errors import PortalError
from portal.core.storage.database import changing_directory, db
from portal.directory.claims.asking import withdraw_claim
from portal.directory.claims.deciding import confirm_claim, deny_claim, grant_claim
from portal.directory.claims.handover import hand_over
from portal.directory.claims.models import Claim, ClaimState
from portal.directory.history.models import Change, ChangedBy
from portal.directory.history.recording import By
from portal.directory.models import StudioProfile
from tests.directory.claims.conftest import (
    ask,
    browser_of,
    claims,
    imported_studio,
    link,
    owner_of,
    slug,
)
from tests.directory.owners.test_races import settings, site, together
from tests.support.owners import make_user

__all__ = ["settings", "site"]

ADA = By(ChangedBy.STAFF, 3, "Ada")


def trying(app: Flask, act: Callable[[], object]) -> Callable[[], object]:
    """What it returns, or the sentence of its refusal, in a context of its own."""

    def tried() -> object:
        with app.app_context():
            try:
                return act() or "done"
            except PortalError as error:
                return error.sentence

    return tried


def test_of_two_claims_at_once_one_is_made(site: Flask) -> None:  # noqa: F811
    number = imported_studio()
    people = [browser_of(site, make_user(f"p{each}@example.com")) for each in range(2)]
    path = f"/studios/{slug(number)}/claim"
    db.session.commit()
    answers = together(*(lambda each=each: each.post(path, data={}) for each in people))
    assert sorted(each.status_code for each in answers) == [303, 409]
    lost = next(each for each in answers if each.status_code == 409)
    assert "Somebody else has claimed this studio" in lost.text
    assert len(claims()) == 1


@pytest.mark.parametrize("other", ["again", "no", "staff", "withdrawn", "handed-over"])
def test_a_link_is_used_while_something_else_happens_to_the_claim(
    site: Flask,  # noqa: F811
    other: str,
) -> None:
    number, olive, rosa = imported_studio(), make_user(), make_user("rosa@example.com").id
    person = olive.id
    claim = ask(browser_of(site, olive), number).id
    code = link().removeprefix("/claim/")

    def handed_over() -> None:
        with changing_directory():
            hand_over(number, rosa, by=ADA)

    others = {
        "again": lambda: confirm_claim(code),
        "no": lambda: deny_claim(code),
        "staff": lambda: grant_claim(claim, by=ADA),
        "withdrawn": lambda: withdraw_claim(person, claim),
        "handed-over": handed_over,
    }
    db.session.commit()
    acts = (lambda: confirm_claim(code), others[other])
    said = together(*(trying(site, each) for each in acts))
    db.session.rollback()
    row, owner = db.session.scalars(select(Claim)).one(), owner_of(number).id
    if other == "handed-over":
        assert owner == rosa or row.state is ClaimState.GRANTED, said
        if row.state is ClaimState.SENT:  # the link is not used up by a hand-over at that moment
            assert confirm_claim(code) is ClaimState.REFUSED
    else:
        assert (owner == person) == (row.state is ClaimState.GRANTED), said
        assert len([each for each in said if str(each).endswith(".")]) == 1, said
    studios = db.session.scalars(select(StudioProfile)).all()
    assert len(studios) == 1
    moves = select(Change).where(Change.action == "studio.handed-over")
    assert len(db.session.scalars(moves).all()) <= 2
