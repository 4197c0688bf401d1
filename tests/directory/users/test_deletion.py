"""Deletion with 30 days of grace: what goes is said before, and it can be taken back."""

from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Table, func, select

from portal.core.clock import now
from portal.core.configuration.settings import Settings
from portal.core.errors import Unavailable
from portal.core.storage.database import DirectoryModel, changing_directory, db
from portal.core.storage.sqlite import SchemaAccess, open_sqlite
from portal.directory.models import Review, StudioProfile, StudioStatus, User
from portal.directory.owners.models import StudioDetails
from portal.directory.users.account.deletion import delete_due_accounts
from portal.directory.users.models import SignUp, SiteEvent, SiteLetter, SiteLink, SiteSession
from tests.directory.users.mails import mails
from tests.directory.users.test_account import events
from tests.directory.users.test_login import log_in_by_form
from tests.directory.users.test_signup import sign_up
from tests.support.owners import log_in_site, make_site, make_user
from tests.support.pages import words

PAGE = "/studios/quiet-corner-1"
GRACE = timedelta(days=30)


def test_it_says_before_what_goes_and_what_stays(filled, own: FlaskClient):
    shown = words(own.page("/me/deletion").main)
    for said in (
        "Quiet Corner and its page, with 2 pictures and 1 review that others wrote about it",
        "1 message that visitors sent you",
        "1 review that you wrote about other studios, with the answers to them",
        "Backups, until they expire",
        "30 days to take it back",
        "Delete the account of olive@example.com",
    ):
        assert said in shown


def test_it_hides_the_studio_and_can_be_taken_back(filled, olive, own, client, site):
    visitor = site.test_client()
    assert visitor.get(PAGE).status_code == 200
    assert own.post("/me/deletion").location == "/me/deletion"
    assert visitor.get(PAGE).status_code in {404, 410}
    assert mails() == [("deletion-asked", olive.email)]
    shown = words(own.page("/me").main)
    assert "will be deleted on" in shown
    assert "Keep my account" in shown
    assert own.post("/me/deletion").status_code == 409
    own.post("/logout")
    assert log_in_by_form(client).status_code == 303

    assert client.post("/me/deletion/cancel").location == "/me"
    assert client.post("/me/deletion/cancel").status_code == 303
    assert "will be deleted" not in words(client.page("/me").main)
    assert visitor.get(PAGE).status_code == 200
    assert delete_due_accounts(now() + GRACE * 2) == 0


def test_what_its_owner_had_hidden_before_stays_hidden(filled, olive, own, site):
    with changing_directory():
        db.session.get_one(StudioDetails, olive.id).hidden_at = now()
        db.session.get_one(StudioProfile, filled["own"]).status = StudioStatus.INACTIVE
    own.post("/me/deletion")
    own.post("/me/deletion/cancel")
    assert site.test_client().get(PAGE).status_code in {404, 410}


def test_when_it_is_due_everything_of_the_person_goes(filled, olive, own, client, site):
    number = olive.id
    sign_up(site.test_client(), email="olive@example.com")
    own.post("/me/mail", data={})
    own.post("/login/forgotten", data={"email": olive.email})
    own.post("/me/deletion")
    due = now() + GRACE
    assert delete_due_accounts(due - timedelta(seconds=5)) == 0
    assert delete_due_accounts(due + timedelta(seconds=5)) == 1
    assert delete_due_accounts(due + timedelta(seconds=5)) == 0
    db.session.rollback()

    tables = DirectoryModel.metadata.sorted_tables
    assert [table.name for table in tables if _has_rows_of(table, number)] == []
    assert db.session.get(User, number) is None
    assert db.session.scalar(select(func.count()).select_from(Review)) == 0
    assert db.session.scalars(select(StudioProfile.name)).all() == ["Of Otto"]
    assert db.session.scalars(select(SiteEvent.kind)).all().count("deleted") == 1
    assert ("deleted", number) in events()
    assert db.session.scalars(select(SiteLetter.user_id)).all().count(number) == 0
    assert ("deleted", "olive@example.com") in mails()
    assert db.session.scalars(select(SignUp)).all() == []
    assert own.get("/me").status_code == 303
    assert log_in_by_form(client).status_code == 422


def test_one_that_the_database_refuses_ends_no_other(olive, own, site, settings: Settings):
    otto, other = make_user("otto@example.com", name="Otto Lund"), site.test_client()
    log_in_site(other, otto)
    own.post("/me/deletion")
    other.post("/me/deletion")
    refused, deleted = olive.id, otto.id
    db.session.rollback()
    engine = open_sqlite(settings.development_url, access=SchemaAccess.SET_UP)
    with engine.begin() as connection:
        connection.exec_driver_sql(
            f"CREATE TRIGGER keep BEFORE DELETE ON users WHEN OLD.id = {refused}"
            " BEGIN SELECT RAISE(ABORT, 'kept'); END"
        )
    with pytest.raises(Unavailable, match="1 deleted; the database refused to delete 1"):
        delete_due_accounts(now() + GRACE * 2)
    db.session.rollback()
    assert db.session.get(User, deleted) is None
    assert db.session.get(User, refused)
    assert ("deleted", refused) not in events(), "nothing of it was done"


def _has_rows_of(table: Table, number: int) -> bool:
    if "user_id" not in table.columns or table.name == "site_events":
        return False
    return bool(db.session.execute(table.select().where(table.c.user_id == number)).first())


def test_what_is_stale_goes_after_a_week(olive: User, own: FlaskClient, site: Flask):
    other = site.test_client()
    sign_up(other)
    other.post("/login/forgotten", data={"email": olive.email})
    own.post("/me/sessions/end-others")
    own.post("/logout")
    for days, left in ((6, 1), (9, 0)):
        with time_machine.travel(now() + timedelta(days=days), tick=False):
            assert delete_due_accounts(now()) == 0
        for model in (SignUp, SiteLink, SiteSession):
            db.session.rollback()
            rows = db.session.scalar(select(func.count()).select_from(model))
            assert rows == left, (model, days)
    assert db.session.get(User, olive.id)


def test_nothing_is_due_before_the_tables_are_there(app: Flask, settings: Settings):
    make_site(app, settings, with_accounts=False)
    assert delete_due_accounts(now()) == 0
