"""Failed logins are slowed down; nobody is locked out, and a known device least of all."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from portal.accounts.login.throttle import (
    allowances,
    consume_allowance,
    link_allowances,
    refund_allowance,
)
from portal.accounts.models import ThrottleMark
from portal.audit.counting import write_counts
from portal.audit.models import AuditEntry, Outcome
from portal.core.clock import now
from portal.core.errors import Invalid, TooMany
from portal.core.storage.database import db
from portal.databases.cli import change
from tests.support.cast import PASSWORD, log_in, log_in_by_form, make_account


@pytest.fixture
def still():
    """A clock that stands, so that the arithmetic is exact."""
    with time_machine.travel(now(), tick=False) as clock:
        yield clock


def fail(client, times: int, email: str = "omar@example.com", address: str = "203.0.113.1") -> list:
    codes = []
    for _ in range(times):
        response = client.post(
            "/ops/login",
            data={"email": email, "password": "wrong wrong"},
            environ_overrides={"REMOTE_ADDR": address},
        )
        codes.append(response.status_code)
    return codes


def test_13_an_account_has_five_attempts_and_then_one_a_minute(client, still):
    make_account("omar")
    assert fail(client, 6) == [422] * 5 + [429]
    still.shift(59)
    assert fail(client, 1) == [429]
    still.shift(1)
    assert fail(client, 2) == [422, 429]


def test_the_answer_says_how_long(client, still):
    make_account("omar")
    fail(client, 5)
    response = log_in_by_form(client, "omar@example.com", "wrong wrong")
    assert response.status_code == 429
    assert "Too many attempts to log in. Wait 60 seconds and try again." in response.text


def test_an_unknown_account_is_slowed_in_the_same_way(client, still):
    assert fail(client, 6, "stranger@example.com") == [422] * 5 + [429]


def test_the_right_password_is_not_looked_at_while_it_lasts_and_opens_later(client, still):
    omar = make_account("omar")
    fail(client, 5)
    assert log_in_by_form(client, omar).status_code == 429
    still.shift(60)
    assert log_in_by_form(client, omar).status_code == 303


def test_from_other_addresses_the_account_s_allowance_is_the_same(client, still):
    make_account("omar")
    codes = [fail(client, 1, address=f"203.0.113.{n}")[0] for n in range(6)]
    assert codes == [422] * 5 + [429]


def test_13_an_address_has_twenty_attempts_over_all_accounts(client, still):
    codes = [fail(client, 1, f"n{n}@example.com")[0] for n in range(21)]
    assert codes == [422] * 20 + [429]
    assert fail(client, 1, "other@example.com", "203.0.113.2") == [422]


def test_an_ipv6_household_is_one_address():
    def key(address: str) -> str:
        return allowances("a@example.com", address, None)[1].key

    assert key("2001:db8::1") == key("2001:db8::ffff:1") != key("2001:db8:0:1::1")
    assert key("not an address") == key("")


def test_13_everybody_together_is_slowed_down(app, still):
    for n in range(100):
        consume_allowance(allowances(f"n{n}@example.com", f"198.51.100.{n}", None))
    with pytest.raises(TooMany, match="Wait 1 second and"):
        consume_allowance(allowances("new@example.com", "203.0.113.9", None))
    still.shift(1)
    consume_allowance(allowances("new@example.com", "203.0.113.9", None))


def test_13_strangers_can_not_keep_a_known_device_out(app, client, still):
    omar = make_account("omar")
    assert log_in_by_form(client, omar).status_code == 303
    client.post("/ops/logout")
    stranger = app.test_client()
    fail(stranger, 30, address="127.0.0.1")
    assert log_in_by_form(stranger, omar).status_code == 429
    assert log_in_by_form(client, omar).status_code == 303


def test_a_known_device_is_slowed_down_as_well(client, still):
    log_in_by_form(client, make_account("omar"))
    client.post("/ops/logout")
    assert fail(client, 11) == [422] * 10 + [429]


def test_a_device_is_known_to_the_account_that_used_it_alone(client, still):
    log_in_by_form(client, make_account("cleo"))
    client.post("/ops/logout")
    make_account("omar")
    assert fail(client, 6) == [422] * 5 + [429]


def test_a_forged_device_is_not_known(client, still):
    client.set_cookie("portal_device", '{"omar@example.com": "x"}')
    make_account("omar")
    assert fail(client, 6) == [422] * 5 + [429]


def test_successes_cost_nothing(client, still):
    omar = make_account("omar")
    for _ in range(8):
        client.delete_cookie("portal_device")
        assert log_in_by_form(client, omar).status_code == 303


def test_attempts_at_once_gain_nothing(app, still):
    """Each pays before its password is looked at: nothing waits for an earlier failure."""
    keys = allowances("omar@example.com", "203.0.113.1", None)
    for _ in range(5):
        consume_allowance(keys)
    with pytest.raises(TooMany):
        consume_allowance(keys)
    refund_allowance(keys)
    consume_allowance(keys)


def test_old_marks_are_cleared_away(app, still):
    consume_allowance(allowances("omar@example.com", "203.0.113.1", None))
    db.session.commit()
    still.shift(timedelta(days=2))
    consume_allowance(allowances("cleo@example.com", "203.0.113.2", None))
    db.session.commit()
    assert db.session.scalar(select(func.count(ThrottleMark.key))) == 3


def test_refusals_are_counted_and_not_one_entry_each(client, still):
    fail(client, 9, "stranger@example.com")
    assert db.session.scalar(select(func.count(AuditEntry.seq))) == 0
    still.shift(60)
    db.session.rollback()
    write_counts()
    found = {e.target: e for e in db.session.scalars(select(AuditEntry))}
    assert set(found) == {"login.failed", "login.throttled"}
    assert '"count":5' in found["login.failed"].canonical
    assert '"count":4' in found["login.throttled"].canonical


AGAIN = {"login_again_password": "wrong wrong"}
DOORS = {
    "login": ("/ops/login", {"email": "omar@example.com", "password": "wrong wrong"}),
    "login again": ("/ops/login/again", {"password": "wrong wrong"}),
    "one's own password": ("/ops/password", {"current": "wrong wrong", "new": "any words will do"}),
    "a form in hand": ("/ops/databases/production/maintenance", {"reason": "Now", **AGAIN}),
}


@pytest.mark.parametrize("door", DOORS)
def test_13_every_form_that_checks_a_password_is_throttled_alike(client, still, door):
    omar = make_account("omar")
    log_in(client, omar)
    address, data = DOORS[door]
    codes = [client.post(address, data=data).status_code for _ in range(6)]
    assert codes == [422] * 5 + [429]
    assert log_in_by_form(client, omar).status_code == 429, "they pay from one allowance"
    still.shift(60)
    assert log_in_by_form(client, omar).status_code == 303


def test_the_terminal_pays_as_well(app, still, monkeypatch):
    make_account("omar")
    typed = {"Email address": "omar@example.com", "Password": "wrong wrong"}
    monkeypatch.setattr("click.prompt", lambda ask, **_: typed[ask])
    for error in [Invalid] * 5 + [TooMany]:
        with pytest.raises(error):
            change._log_in("Log in.")


def test_a_right_password_is_paid_back_even_when_what_comes_after_is_refused(client, still):
    omar = make_account("omar")
    log_in(client, omar)
    for _ in range(7):
        data = {"current": PASSWORD, "new": "password1"}
        assert client.post("/ops/password", data=data).status_code == 422
    assert log_in_by_form(client, omar).status_code == 303


def test_a_wrong_current_password_is_recorded_and_the_seventh_is_only_throttled(client, still):
    log_in(client, make_account("omar"))
    for _ in range(7):
        client.post("/ops/password", data={"current": "wrong wrong", "new": "any words will do"})
    query = select(func.count(AuditEntry.seq))
    refused = AuditEntry.outcome == Outcome.REFUSED
    assert db.session.scalar(query.where(refused, AuditEntry.action == "password.changed")) == 5
    assert db.session.scalar(query.where(refused, AuditEntry.action == "login.throttled")) == 2


@pytest.mark.parametrize("ahead", [timedelta(minutes=6), timedelta(days=1), timedelta(days=9000)])
def test_46_a_mark_from_the_future_locks_no_one_out(client, still, ahead):
    """The clock was wrong when it was written: one attempt is free, the next ones are as slow."""
    omar = make_account("omar")
    keys = allowances(omar.email, "127.0.0.1", None)
    for key in keys:
        db.session.add(ThrottleMark(key=key.key, used_until=now() + ahead))
    assert fail(client, 2, address="127.0.0.1") == [422, 429]
    still.shift(60)
    assert log_in_by_form(client, omar).status_code == 303


def test_46_a_clock_that_was_set_back_does_not_lock_out_either(client, still):
    omar = make_account("omar")
    still.shift(timedelta(days=30))
    fail(client, 6)
    still.shift(timedelta(days=-30))
    assert log_in_by_form(client, omar).status_code == 303


@pytest.mark.parametrize("name", ["X-Forwarded-For", "Forwarded", "X-Real-Ip"])
def test_an_address_that_the_caller_made_up_is_not_theirs(client, still, name):
    codes = []
    for n in range(21):
        response = client.post(
            "/ops/login",
            data={"email": f"n{n}@example.com", "password": "wrong wrong"},
            headers={name: f"198.51.100.{n}"},
        )
        codes.append(response.status_code)
    assert codes == [422] * 20 + [429]


def test_links_have_an_allowance_of_their_own_for_each_address(app, still):
    for _ in range(60):
        consume_allowance(link_allowances("203.0.113.1"))
    with pytest.raises(TooMany, match="Too many links opened from here. Wait 5 seconds"):
        consume_allowance(link_allowances("203.0.113.1"), attempts="links opened from here")
    consume_allowance(link_allowances("203.0.113.2"))
    still.shift(timedelta(seconds=6))
    consume_allowance(link_allowances("203.0.113.1"))
