"""Clients are an administrator's business, freshly logged in, whatever is done to them."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from portal.accounts.models import Contact, Organisation
from portal.core.clock import now
from portal.core.storage.database import db
from tests.accounts.clients.conftest import last
from tests.support.cast import log_in, make_account
from tests.support.pages import check_page, words

CLIENT = "/ops/accounts/organisations/harbour"
PERSON = "/ops/accounts/contacts/1"
NEW = {"name": "Nia", "email": "nia@harbour.example", "time_zone": "UTC"}
WRITES = [
    ("/ops/accounts/organisations", {"name": "Acme", "slug": "acme", "reading": "all"}),
    (CLIENT, {"name": "Acme", "reading": "named"}),
    (f"{CLIENT}/contacts", NEW),
    (f"{CLIENT}/archival", {}),
    (f"{CLIENT}/archival/end", {}),
    (PERSON, NEW),
    (f"{PERSON}/archival", {}),
    (f"{PERSON}/archival/end", {}),
    (f"{PERSON}/login", {}),
    (f"{PERSON}/login/connection", {"account_id": "1"}),
    (f"{PERSON}/login/connection/end", {}),
]
PAGES = [CLIENT, PERSON]


def everything() -> list[tuple[object, ...]]:
    rows = [*db.session.scalars(select(Organisation)), *db.session.scalars(select(Contact))]
    found = [tuple(getattr(row, c.key) for c in row.__table__.columns) for row in rows]
    db.session.rollback()
    return found


@pytest.mark.parametrize("name", ["omar", "cleo"])
@pytest.mark.parametrize(("address", "data"), WRITES)
def test_no_other_role_may_change_a_client(client, cleo, name, address, data):
    before = everything()
    log_in(client, make_account(name))
    assert client.post(address, data=data).status_code == 403
    assert everything() == before
    assert (last().action, last().target) == ("access.refused", address)


@pytest.mark.parametrize("name", ["omar", "cleo"])
@pytest.mark.parametrize("address", PAGES)
def test_no_other_role_may_look_at_a_client(client, cleo, name, address):
    log_in(client, make_account(name))
    client.page(address, status=403)
    assert last().action == "access.refused"


@pytest.mark.parametrize(("address", "data"), WRITES)
def test_a_stranger_is_sent_to_the_login(client, cleo, address, data):
    before = everything()
    assert client.post(address, data=data).location == "/ops/login"
    assert everything() == before


@pytest.mark.parametrize("address", PAGES)
def test_a_stranger_who_looks_comes_back_after_the_login(client, cleo, address):
    assert client.get(address).location == f"/ops/login?next={address}"


@pytest.mark.parametrize(("address", "data"), WRITES)
def test_a_login_of_half_an_hour_ago_is_asked_for_again(client, cleo, ana, address, data):
    before = everything()
    with time_machine.travel(now() + timedelta(minutes=31), tick=False):
        answer = client.post(address, data=data)
    assert answer.status_code == 401
    assert "It is not done yet" in words(check_page(answer.text))
    assert everything() == before


@pytest.mark.parametrize(("address", "data"), WRITES)
def test_a_form_without_its_token_changes_nothing(client, cleo, ana, address, data):
    before = everything()
    assert client.post(address, data=data, with_token=False).status_code == 400
    assert everything() == before


@pytest.mark.parametrize("address", [a for a, _ in WRITES if a not in PAGES])
def test_nothing_is_changed_by_looking(client, cleo, ana, address):
    assert client.get(address).status_code == 405


@pytest.mark.parametrize(("address", "data"), WRITES[1:])
def test_whoever_is_not_there_is_not_found(client, cleo, ana, address, data):
    missing = address.replace("/harbour", "/nobody").replace("/contacts/1", "/contacts/99")
    assert client.post(missing, data=data).status_code == 404


@pytest.mark.parametrize(
    "address", ["/ops/accounts/organisations/..%2Fharbour", "/ops/accounts/contacts/one"]
)
def test_an_address_of_an_unknown_client_is_not_found(client, ana, address):
    assert client.get(address).status_code == 404
