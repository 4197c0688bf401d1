"""People are found by number, address, username and name, the newest first."""

import pytest
from flask import Flask

from portal.core.storage.database import changing_directory, db
from portal.directory.claims.placeholders import new_placeholder
from portal.directory.people import finding
from portal.directory.people.finding import State, find_people
from portal.directory.users.models import SiteAccount
from tests.directory.people.conftest import PEOPLE, names
from tests.support.cast import log_in, make_account
from tests.support.client import PortalClient
from tests.support.owners import log_in_site, make_user
from tests.support.pages import words


def test_people_are_found_by_what_staff_know(site: Flask, admin: PortalClient):
    zoe = make_user("Zoe.L@example.org", name="Zoë Lindqvist")
    make_user("ben@example.com", name="Ben <b>Hargreaves</b>", email_verified=False)
    make_user("nell@example.com", name="Nell Abbot")
    with changing_directory():
        new_placeholder("Voice Rooms")
    everybody = ["Nell Abbot", "Ben <b>Hargreaves</b>", "Zoë Lindqvist"]
    assert names(admin) == everybody
    asked = ("Zoe.L@example.org", "zoe.l", "ZOE", "Lindqv", f"{zoe.id}", "example.org")
    for typed in asked:
        assert "Zoë Lindqvist" in names(admin, f"q={typed}"), typed
    assert names(admin, "q=nobody%25_") == []
    assert "No one was found" in words(admin.page(f"{PEOPLE}?q=%00'--").main)
    assert names(admin, "q=%ED%9F%BF") == []
    assert names(admin, "state=unconfirmed") == ["Ben <b>Hargreaves</b>"]
    assert names(admin, "state=disabled") == []
    assert names(admin, "state=imported") == ["Voice Rooms"]
    assert names(admin, "q=Voice") == []
    assert names(admin, "state=without&before=x") == everybody


def test_a_search_ends_each_portion_and_goes_on(site: Flask, monkeypatch: pytest.MonkeyPatch):
    """With portions of two accounts, as if there were a million."""
    monkeypatch.setattr(finding, "PORTION", 2)
    numbers = [make_user(f"p{n}@example.com", name=f"Person {n % 3}").id for n in range(9)]
    found = find_people("Person 1", State.ALL)
    assert [each.number for each in found.people] == [numbers[7], numbers[4], numbers[1]]
    assert found.before is None
    monkeypatch.setattr(finding, "SECONDS", -1)
    seen, before, pages = [], None, 0
    while pages == 0 or before:
        found = find_people("Person 1", State.ALL, before)
        seen += [each.number for each in found.people]
        before, pages = found.before, pages + 1
    assert (seen, pages) == ([numbers[7], numbers[4], numbers[1]], 5)
    monkeypatch.setattr(finding, "SECONDS", 60)
    monkeypatch.setattr(finding, "PAGE", 4)
    found = find_people("", State.ALL)
    assert [each.number for each in found.people] == numbers[:-5:-1]
    assert not found.is_partial
    found = find_people("", State.ALL, found.before)
    assert [each.number for each in found.people] == numbers[-5:-9:-1]


def test_only_admins_see_people(site: Flask, visitor: PortalClient):
    olive = make_user()
    number = olive.id
    log_in_site(visitor, olive)
    paths = ["", f"/{number}", f"/{number}/merge"]
    posts = ["confirm", "disable", "enable", "sessions/end", "merge", "part"]
    for path in paths:
        assert visitor.get(f"{PEOPLE}{path}").status_code in {302, 303, 401}
    omar = site.test_client()
    log_in(omar, make_account("omar"))
    for path in paths:
        assert omar.get(f"{PEOPLE}{path}").status_code == 403
    for act in posts:
        for client in (omar, visitor):
            answer = client.post(f"{PEOPLE}/{number}/{act}", data={"reason": "x", "other": "2"})
            assert answer.status_code in {302, 303, 401, 403}
    db.session.rollback()
    assert db.session.get(SiteAccount, number) is None
