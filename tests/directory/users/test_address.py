"""Another address takes effect when it is confirmed at the old and at the new one."""

from datetime import timedelta
from itertools import permutations

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.core.clock import now
from portal.core.storage.database import db
from portal.directory.models import User
from portal.directory.users.letters import LetterKind
from tests.directory.users.mails import link_to, mails
from tests.directory.users.test_login import log_in_by_form
from tests.directory.users.test_signup import sign_up
from tests.support.owners import make_user
from tests.support.pages import check_page, words

OLD, NEW = "olive@example.com", "olive@new.example"
ORDERS = list(permutations(((OLD, "CONFIRM_OLD_ADDRESS"), (NEW, "CONFIRM_NEW_ADDRESS"))))


def ask(own: FlaskClient, email: str = NEW) -> None:
    assert own.post("/me/address", data={"email": email}).location == "/me/address"


def links() -> tuple[str, str]:
    """Of the old address, and of the new one."""
    return (
        link_to(OLD, LetterKind.CONFIRM_OLD_ADDRESS),
        link_to(NEW, LetterKind.CONFIRM_NEW_ADDRESS),
    )


def address() -> str:
    db.session.rollback()
    return str(db.session.scalars(select(User.email).order_by(User.id).limit(1)).one())


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["old first", "new first"])
def test_it_is_changed_when_both_are_confirmed(olive, own, client, site, order):
    client.post("/login/forgotten", data={"email": OLD})
    reset = link_to(OLD, LetterKind.RESET_PASSWORD)
    ask(own, f" {NEW.upper()} ")
    first, second = (links()[number] for number in order)
    reader = site.test_client()  # the mail is read where nobody is logged in
    assert "waiting" in words(own.page("/me/address").main)

    page = reader.page(first)
    assert NEW in words(page.main)
    assert address() == OLD
    answer = reader.post(first)
    assert words(check_page(answer.text).h1) == "Confirmed"
    assert address() == OLD
    assert words(own.page("/me/address").main).count("confirmed waiting") < 2
    assert "confirmed already" in reader.post(first).text

    answer = reader.post(second)
    assert words(check_page(answer.text).h1) == "The address is changed"
    assert address() == NEW
    assert mails()[-2:] == [("address-changed", OLD), ("address-changed", NEW)] or mails()[-2:] == [
        ("address-changed", NEW),
        ("address-changed", OLD),
    ]
    assert reader.get(reset).status_code == 409
    assert own.get("/me").status_code == 200
    assert log_in_by_form(reader, OLD).status_code == 422
    assert log_in_by_form(reader, NEW).status_code == 303
    for link in (first, second):
        assert reader.post(link).status_code == 409


def test_only_one_confirmation_or_two_of_two_changes_change_nothing(olive, own):
    ask(own)
    old_before, new_before = links()
    own.post(old_before)
    ask(own)
    old, new = links()
    assert {old, new}.isdisjoint({old_before, new_before})
    own.post(new)
    for link in (old_before, new_before):
        assert own.post(link).status_code == 409
    assert address() == OLD
    with time_machine.travel(now() + timedelta(hours=24, seconds=1), tick=False):
        assert "expired" in own.post(old).text
    assert address() == OLD
    own.post(old)
    assert address() == NEW


def test_it_can_be_withdrawn(olive: User, own: FlaskClient):
    ask(own)
    assert "Withdraw" in words(own.page("/me/address").main)
    assert "change under way" in words(own.page("/me").main)
    assert own.post("/me/address/cancel").location == "/me/address"
    assert [own.post(link).status_code for link in links()] == [409, 409]
    assert "Withdraw" not in words(own.page("/me/address").main)


def test_an_address_with_an_account_is_not_told(olive: User, own: FlaskClient):
    make_user("taken@example.com", name="Taken")
    ask(own, "Taken@example.com")
    shown = words(own.page("/me/address").main)
    assert "There is an account" not in shown
    assert sorted(mails()) == [("address-known", "taken@example.com"), ("confirm-old-address", OLD)]
    own.post(link_to(OLD, LetterKind.CONFIRM_OLD_ADDRESS))
    assert address() == OLD


@pytest.mark.parametrize("is_signup_first", [True, False])
def test_a_sign_up_of_that_address_and_the_change_have_one_success(
    olive: User, own: FlaskClient, site: Flask, is_signup_first: bool
):
    ask(own)
    newcomer = site.test_client()
    sign_up(newcomer, email=NEW)
    confirm = link_to(NEW, LetterKind.CONFIRM_SIGNUP)
    old, new = links()
    own.post(old)
    ways = [(newcomer, confirm), (own, new)]
    (who, link), (late, other) = ways if is_signup_first else reversed(ways)
    assert who.post(link).status_code in {200, 303}
    answer = late.post(other)
    assert answer.status_code == 409
    assert "There is an account for" in words(check_page(answer.text).main)
    db.session.rollback()
    emails = sorted(db.session.scalars(select(User.email)))
    assert emails == ([OLD, NEW] if is_signup_first else [NEW])


@pytest.mark.parametrize(
    ("email", "said"),
    [
        ("", "Fill in an email address."),
        ("x", "is not an email address"),
        (OLD, "your address already"),
        (f"{'x' * 250}@example.com", "at most 254"),
    ],
)
def test_what_is_refused_comes_back_at_its_field(olive, own, email, said):
    answer = own.post("/me/address", data={"email": email})
    assert answer.status_code == 422
    page = check_page(answer.text)
    assert said in words(page.select_one("#email-error"))
    assert page.select_one("[name=email]")["value"] == email
    assert mails() == []
