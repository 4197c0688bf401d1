"""The pages of actions, as an admin uses them: a click, a reason, what became of it, the way
back."""

from datetime import timedelta
from typing import cast

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from portal.audit.actor import SYSTEM
from portal.core.clock import now
from portal.core.storage.database import changing_directory, db
from portal.databases.policies.maintenance import begin_maintenance
from portal.directory.history.models import Batch
from portal.directory.models import User
from portal.jobs.models import Operation
from tests.directory.history.studios import REASON, do, make_studios, studio, work
from tests.support.cast import log_in, make_account
from tests.support.pages import PageClient, check_page, words

ACTIONS = "/ops/directory/actions"


@pytest.fixture
def page(app: Flask, ana) -> PageClient:
    client = app.test_client()
    log_in(client, make_account("ana"))
    return cast(PageClient, client)


def batches() -> list[Batch]:
    found = list(db.session.scalars(select(Batch).order_by(Batch.created_at)))
    for each in found:
        db.session.expunge(each)
    db.session.rollback()
    return found


def send(page: PageClient, address: str = ACTIONS, **fields: object) -> TestResponse:
    return page.post(address, data=fields)


def test_one_click_hides_with_a_reason_and_one_takes_it_back(page, ana) -> None:
    numbers = make_studios(3)
    asked = send(page, action="hide", numbers=[str(each) for each in numbers])
    assert (asked.status_code, batches()) == (200, [])
    ask = check_page(asked.text)
    assert "3 of 3 are public now" in words(ask.main)
    assert "belong to a person, who gets an email with the reason" in words(ask.main)
    form = ask.main.select_one("form.form-column")
    fields = {each["name"]: each["value"] for each in form.select("input[type=hidden]")}
    assert (fields["numbers"], fields["action"]) == (",".join(map(str, numbers)), "hide")

    refused = send(page, form["action"], **fields, reason="  ")
    assert refused.status_code == 422
    problem = check_page(refused.text).select_one("#reason-error")
    assert "Say why" in words(problem)

    done = send(page, form["action"], **fields, reason=REASON)
    assert done.status_code == 303
    address = done.location
    begun = page.page(address)
    assert "Act on studios" in words(begun.main)
    [operation] = db.session.scalars(select(Operation)).all()
    assert (operation.requested_by_name, operation.target) == ("Ana", "development")
    assert [each.is_done for each in work()] == [True]
    ended = page.page(address)
    assert "3 changed" in words(ended.main)
    assert REASON in words(ended.main)
    assert "State: active" in words(ended.main)
    assert not any(studio(each).is_listed for each in numbers)

    back = page.post(f"{address}/undo")
    assert back.status_code == 303
    work()
    assert all(studio(each).is_listed for each in numbers)
    assert "taken back By Ana" in words(page.page(address).main)
    twice = page.post(f"{address}/undo")
    assert (twice.status_code, "taken back already by Ana" in twice.text) == (409, True)
    assert "This takes an action back" in words(page.page(back.location).main)
    listed = page.page(ACTIONS)
    assert [words(each) for each in listed.main.select("tbody th")] == ["Undo", "Hide"]
    assert "taken back by Ana" in words(listed.main)


def test_deletion_is_confirmed_with_a_fresh_login(page, ana) -> None:
    [number, other] = make_studios(2)
    asked = check_page((send(page, action="delete", numbers=str(number))).text)
    assert "Delete: this studio" in words(asked.main)
    assert "its address says that it is gone" in words(asked.main)
    assert words(page.page(f"{ACTIONS}/delete?numbers={number}").main) == words(asked.main)
    fields = {"numbers": str(number), "reason": REASON}
    with time_machine.travel(now() + timedelta(minutes=31), tick=False):
        again = send(page, f"{ACTIONS}/delete", **fields)
        assert "password" in again.text
        assert batches() == []
    missing = send(page, f"{ACTIONS}/delete", numbers=str(number))
    assert (missing.status_code, "Say why" in missing.text) == (422, True)
    done = send(page, f"{ACTIONS}/delete", **fields)
    work()
    assert "1 changed" in words(page.page(done.location).main)
    assert (studio(number).is_listed, studio(other).is_listed) == (False, True)


def test_a_studio_is_handed_to_somebody_by_address(page, ana) -> None:
    [number] = make_studios(1)
    with changing_directory():
        db.session.add(
            User(email="new@example.com", username="new", display_name="New", password_hash="-",
                 email_verified=True)
        )  # fmt: skip
    ask = check_page((send(page, action="hand-over", numbers=str(number))).text)
    assert "Messages of visitors stay" in words(ask.main)
    fields = {"numbers": str(number), "reason": "They sold it."}
    wrong = send(page, f"{ACTIONS}/hand-over", **fields, person="nobody@example.com")
    assert wrong.status_code == 422
    assert "No person on this site has this address" in words(check_page(wrong.text).main)
    assert 'value="nobody@example.com"' in wrong.text
    done = send(page, f"{ACTIONS}/hand-over", **fields, person="NEW@example.com")
    work()
    assert "1 changed" in words(page.page(done.location).main)
    assert studio(number).user.email == "new@example.com"


def test_all_that_match_are_acted_on_and_what_can_not_be_is_listed(page, ana) -> None:
    numbers = make_studios(4)
    do("feature", numbers[:1], ana)
    sent = {"action": "feature", "all": "1", "filter": "q=quiet"}
    for told in ("3", "", "soon"):  # more match than the table said
        asked = send(page, **sent, count=told)
        assert (asked.status_code, len(batches())) == (200, 1)
        assert "Feature: 4 studios" in words(check_page(asked.text).main)
    odd = send(page, action="feature", all="1", filter="state=?", count="4")
    assert (odd.status_code, "can’t be read" in odd.text) == (422, True)
    done = send(page, **sent, count="4")
    work()
    shown = page.page(done.location)
    assert "3 changed, 1 left as they are" in words(shown.main)
    assert "It is featured already." in words(shown.main)
    assert batches()[-1].numbers == numbers
    nothing = send(page, action="verify", all="1", filter="q=nothing")
    assert (nothing.status_code, "Tick the studios first" in nothing.text) == (422, True)
    assert send(page, action="explode", numbers="1").status_code == 422


def test_what_is_ticked_is_exported(page, ana) -> None:
    first, _, third = make_studios(3)
    sent = send(page, action="export", numbers=[str(first), str(third)])
    lines = page.get(sent.location).text.splitlines()
    assert [each.count("Quiet Room") for each in lines] == [0, 1, 1]
    every = send(page, action="export", all="1", filter="q=quiet", numbers=str(first))
    assert page.get(every.location).text.count("Quiet Room") == 3


def test_in_maintenance_it_is_said_before_and_nothing_is_asked_for(page, target, ana) -> None:
    numbers = make_studios(1)
    begin_maintenance(target, because="Moving", by=SYSTEM)
    ask = page.page(f"{ACTIONS}/delete?numbers={numbers[0]}")
    assert "read-only for a moment" in words(ask.main)
    assert ask.main.select_one("form.form-column button[disabled]:not([hidden])")
    assert send(page, action="verify", numbers="1").status_code == 503
    assert batches() == []


def test_a_page_that_died_after_its_row_is_followed_by_the_worker(page, ana, monkeypatch) -> None:
    from portal.directory.views.staff import actions  # noqa: PLC0415

    [number] = make_studios(1)
    monkeypatch.setattr(actions, "_begin", lambda _batch_id: None)
    done = send(page, action="verify", numbers=str(number))
    assert "The worker goes on with it within seconds" in words(page.page(done.location).main)
    assert [each.requested_by_name for each in work()] == ["Ana"]
    assert studio(number).is_verified


@pytest.mark.parametrize("who", ["omar", "cleo"])
def test_only_admins_act(app: Flask, ana, who: str) -> None:
    client = app.test_client()
    log_in(client, make_account(who))
    assert client.get(ACTIONS).status_code == 403
    assert client.post(ACTIONS, data={"action": "verify", "numbers": "1"}).status_code == 403
    assert batches() == []
