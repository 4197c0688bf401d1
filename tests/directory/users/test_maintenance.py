"""While the directory is read-only: said before anybody types, refused with what was typed, and
reading goes on."""

from datetime import timedelta
from uuid import UUID

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.core.clock import now
from portal.core.storage.database import db
from portal.databases.policies.maintenance import begin_maintenance, end_maintenance
from portal.databases.targets.config import Target
from portal.directory.models import User
from portal.directory.users.account.mail import unsubscription_code
from portal.directory.users.letters import LetterKind
from portal.directory.users.links import link_code
from portal.directory.users.models import SiteSession
from tests.databases.stage import OMAR
from tests.directory.users.mails import link_to
from tests.directory.users.test_signup import FIELDS, sign_up
from tests.support.databases import make_database
from tests.support.owners import PASSWORD, log_in_site, make_site, make_user
from tests.support.pages import check_page, words

SAID = "The directory is read-only for a moment"
NEW = "seven loud loudspeakers"
WITH_ACCOUNTS = "c4a8e1b7f390"
"""The revision that adds the tables."""


@pytest.fixture
def target(app: Flask) -> Target:
    """The site's database with an identity, so that the guard judges it."""
    return make_database("development", WITH_ACCOUNTS)


def test_every_form_says_so_before_and_keeps_what_was_typed(
    app: Flask, target: Target, client: FlaskClient
):
    own = app.test_client()
    log_in_site(own, olive := make_user())
    sign_up(client)
    client.post("/login/forgotten", data={"email": olive.email})
    own.post("/me/address", data={"email": "new@example.com"})
    confirm = link_to(FIELDS["email"], LetterKind.CONFIRM_SIGNUP)
    reset = link_to(olive.email, LetterKind.RESET_PASSWORD)
    change = link_to(olive.email, LetterKind.CONFIRM_OLD_ADDRESS)
    unsubscribe = f"/unsubscribe/{unsubscription_code(olive.id)}"
    begin_maintenance(target, because="Moving", by=OMAR)

    forms = {
        ("/signup", client): FIELDS,
        ("/signup/sent", client): {},
        (confirm, client): {},
        ("/login", client): {"email": olive.email, "password": PASSWORD},
        ("/login/forgotten", client): {"email": olive.email},
        (reset, client): {"new": NEW},
        (change, client): {},
        (unsubscribe, client): {},
        ("/me/password", own): {"current": PASSWORD, "new": NEW},
        ("/me/address", own): {"email": "another@example.com"},
        ("/me/deletion", own): {},
    }
    for (address, who), fields in forms.items():
        page = who.page(address)
        assert SAID in words(page.select_one("main .notice.wary")), address
        answer = who.post(address, data=fields)
        assert answer.status_code == 503, address
        page = check_page(answer.text)
        said = page.select_one("main [role=alert], main .error")
        assert "nothing was saved" in words(said), address
        assert page.select_one(f'main form[action="{address}"]'), address
        for name, value in fields.items():
            secret = name in {"new", "password", "current"}
            assert page.select_one(f"[name={name}]").get("value", "") == ("" if secret else value)
    for address in ("/me/mail", "/me/sessions/end-others", "/me/address/cancel"):
        assert own.post(address).status_code == 503, address

    assert "nothing was saved" in own.post("/me/sessions/1/end").text
    assert own.post("/me/export").mimetype == "application/zip"  # it only reads
    with time_machine.travel(now() + timedelta(minutes=31), tick=False):
        assert own.post("/me/export").status_code == 422
        assert own.post("/me/export", data={"current": PASSWORD}).mimetype == "application/zip"
        assert own.get("/me").status_code == 200  # and its use is not noted
        client.post("/login", data={"email": olive.email, "password": PASSWORD})
    end_maintenance(target, by=OMAR)
    db.session.rollback()
    stored = db.session.get_one(User, olive.id)
    assert (stored.email, stored.password_hash) == (olive.email, olive.password_hash)
    assert len(db.session.scalars(select(SiteSession)).all()) == 1
    assert client.post(confirm).status_code == 303  # no link was used up
    begin_maintenance(target, because="Moving", by=OMAR)
    answer = own.post("/logout")
    assert answer.location == "/login"
    assert "read-only" in own.get("/login").text
    assert own.get("/me").status_code == 303


@pytest.mark.parametrize("address", ["/signup", "/login", "/login/forgotten"])
def test_before_the_tables_are_there_each_form_says_so(app, settings, client, address):
    make_site(app, settings, with_accounts=False)
    assert "Accounts are being prepared" in words(client.page(address).main)
    answer = client.post(address, data=FIELDS | {"password": PASSWORD})
    assert answer.status_code == 503
    assert "Nothing was saved" in answer.text
    assert client.get("/me").location == "/login?next=/me"


@pytest.mark.parametrize("kind", ["signup", "reset", "address", "unsubscribe"])
def test_before_the_tables_are_there_a_link_says_so(app, settings, client, kind):
    """One that was sent before a downgrade removed them."""
    make_site(app, settings, with_accounts=False)
    paths = {"signup": "/signup/confirm", "reset": "/login/reset", "address": "/me/address"}
    number = UUID(int=make_user().id)
    answer = client.get(f"{paths.get(kind, '/unsubscribe')}/{link_code(kind, str(number))}")
    assert answer.status_code == 503
    assert "Accounts are being prepared" in answer.text
