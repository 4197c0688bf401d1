"""Logging out kills the row, so the old cookie is worth nothing."""

from sqlalchemy import select

from portal.accounts.models import LoginSession
from portal.audit.models import AuditEntry
from portal.core.storage.database import db
from tests.support.cast import log_in, make_account


def test_17_after_a_logout_the_old_cookie_is_refused(client):
    log_in(client, make_account("omar"))
    client.page("/ops/sessions")
    old = client.get_cookie("portal_staff").value
    assert client.post("/ops/logout").location == "/ops/login"
    assert db.session.scalar(select(LoginSession)).ended_at is not None
    client.set_cookie("portal_staff", old)
    assert client.get("/ops/sessions").status_code == 303


def test_it_is_recorded(client):
    omar = make_account("omar")
    log_in(client, omar)
    client.post("/ops/logout")
    entry = db.session.scalars(select(AuditEntry).order_by(AuditEntry.seq.desc())).first()
    assert (entry.action, entry.actor_id) == ("session.ended", omar.id)


def test_it_goes_by_post_alone_and_with_a_token(client):
    log_in(client, make_account("omar"))
    assert client.get("/ops/logout").status_code == 405
    assert client.post("/ops/logout", with_token=False).status_code == 400
    client.page("/ops/sessions")


def test_a_stranger_may_log_out_too(client):
    assert client.post("/ops/logout").location == "/ops/login"


def test_other_sessions_of_the_account_go_on(app, client):
    omar = make_account("omar")
    phone = app.test_client()
    log_in(phone, omar)
    log_in(client, omar)
    client.post("/ops/logout")
    phone.page("/ops/sessions")
