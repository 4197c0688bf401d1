"""Sessions are rows: they idle out, run out, can be listed and ended."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from portal.accounts.models import LoginSession
from portal.accounts.setup import device_name
from portal.audit.models import AuditEntry
from portal.core.clock import now
from portal.core.storage.database import db
from tests.support.cast import log_in, make_account
from tests.support.pages import words


def later(**time: float):
    return time_machine.travel(now() + timedelta(**time), tick=False)


def is_in(client, **headers: str) -> bool:
    return client.get("/ops/password", headers=headers).status_code == 200


@pytest.fixture
def omar(client):
    account = make_account("omar")
    log_in(client, account)
    return account


def test_22_eight_hours_without_use_end_it(client, omar):
    with later(hours=7, minutes=59):
        assert is_in(client)
    with later(hours=15, minutes=58):
        assert is_in(client)
    with later(hours=23, minutes=59):
        assert not is_in(client)


def test_22_seven_days_end_it_however_much_it_is_used(client, omar):
    for hour in range(7, 7 * 24, 7):
        with later(hours=hour):
            assert is_in(client), hour
    with later(days=7, minutes=1):
        assert not is_in(client)


def test_22_a_page_that_only_follows_does_not_keep_it_alive(client, omar):
    for hour in (3, 6, 7.9):
        with later(hours=hour):
            assert is_in(client, **{"HX-Request": "true"})
    with later(hours=8.1):
        assert not is_in(client)


def test_seen_is_written_once_a_minute_at_most(client, omar):
    row = db.session.scalar(select(LoginSession))
    first = row.last_seen_at
    with later(seconds=30):
        is_in(client)
        assert row.last_seen_at == first
    with later(seconds=61):
        is_in(client)
        db.session.refresh(row)
        assert row.last_seen_at > first
        db.session.rollback()
    with later(minutes=5):
        client.post("/ops/sessions/others/end")
        db.session.refresh(row)
        assert now() - row.last_seen_at < timedelta(seconds=1)


def test_they_are_listed_with_device_and_address(app, client, omar):
    log_in(app.test_client(), omar)
    log_in(app.test_client(), make_account("ana"))
    page = client.page("/ops/sessions")
    rows = [words(row) for row in page.select("tbody tr")]
    assert len(rows) == 2
    assert sum("this one" in row for row in rows) == 1
    assert all("127.0.0.1" in row for row in rows)


def test_an_admin_sees_everybody_s(app, client, omar):
    ana = app.test_client()
    log_in(ana, make_account("ana"))
    assert "Omar" in words(ana.page("/ops/sessions"))
    assert "Ana" not in words(client.page("/ops/sessions").find("main"))


def test_one_s_own_can_be_ended(app, client, omar):
    phone = app.test_client()
    row = log_in(phone, omar)
    assert client.post(f"/ops/sessions/{row.id}/end").location == "/ops/sessions"
    assert not is_in(phone)
    assert is_in(client)
    entry = db.session.scalars(select(AuditEntry).order_by(AuditEntry.seq.desc())).first()
    assert (entry.action, entry.target) == ("session.ended", f"accounts/{omar.id}")


def test_the_one_in_use_can_be_ended_too(client, omar):
    row = db.session.scalar(select(LoginSession))
    assert client.post(f"/ops/sessions/{row.id}/end").location == "/ops/login"
    assert not is_in(client)


def test_all_others_can_be_ended_at_once(app, client, omar):
    phones = [app.test_client() for _ in range(2)]
    for phone in phones:
        log_in(phone, omar)
    client.post("/ops/sessions/others/end")
    assert not any(is_in(phone) for phone in phones)
    assert "Ended 2 other sessions." in words(client.page("/ops/sessions"))


def test_somebody_else_s_is_not_there(app, client, omar):
    ana = app.test_client()
    row = log_in(ana, make_account("ana"))
    assert client.post(f"/ops/sessions/{row.id}/end").status_code == 404
    assert is_in(ana)
    client.post("/ops/sessions/others/end")
    assert is_in(ana)


def test_an_admin_can_end_anybody_s(app, client, omar):
    ana = app.test_client()
    log_in(ana, make_account("ana"))
    row = db.session.scalar(select(LoginSession).where(LoginSession.account_id == omar.id))
    ana.post(f"/ops/sessions/{row.id}/end")
    assert not is_in(client)


@pytest.mark.parametrize("number", ["999", "0", "x", "-1"])
def test_one_that_is_not_there(client, omar, number):
    assert client.post(f"/ops/sessions/{number}/end").status_code == 404


def test_ending_goes_by_post_alone(client, omar):
    assert client.get("/ops/sessions/1/end").status_code == 405
    assert client.get("/ops/sessions/others/end").status_code == 405
    assert is_in(client)


def test_a_stranger_ends_nothing(app, client, omar):
    stranger = app.test_client()
    for address in ("/ops/sessions/1/end", "/ops/sessions/others/end"):
        assert stranger.post(address).location == "/ops/login"
    assert is_in(client)


def test_18_an_account_that_is_disabled_is_out_at_once_whatever_its_rows_say(client, omar):
    omar.disabled_at = now()
    db.session.commit()
    assert not is_in(client)


@pytest.mark.parametrize("value", ["", "x" * 43, "é"])
def test_an_unknown_token_is_refused(client, app, value):
    with client.session_transaction(path="/ops") as session:
        session["_user_id"] = value
    assert not is_in(client)


def test_a_cookie_with_another_signature_is_refused(client, omar):
    value = client.get_cookie("portal_staff").value
    client.set_cookie("portal_staff", value[:-4] + "AAAA")
    assert not is_in(client)


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0",
            "Firefox on Linux",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/130.0 Safari/537.36 Edg/130.0",
            "Edge on Windows",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1",
            "Safari on iPhone",
        ),
        ("curl/8.1", "curl/8.1"),
        (None, "Unknown device"),
    ],
)
def test_a_device_has_a_name_that_a_person_knows(agent, name):
    assert device_name(agent) == name
