"""A client begins as an organisation with a short name that reports use."""

import pytest
from sqlalchemy import select

from portal.accounts.models import Organisation, Reading
from portal.core.storage.database import db
from tests.accounts.clients.conftest import said
from tests.support.pages import check_page, words

ADDRESS = "/ops/accounts/organisations"
ACME = {"name": "Acme & Sons", "slug": "acme", "reading": "named"}


def all_of_them() -> list[Organisation]:
    return list(db.session.scalars(select(Organisation)))


def test_it_is_made_and_recorded(client, ana):
    response = client.post(ADDRESS, data=ACME)
    assert response.location == f"{ADDRESS}/acme"
    (acme,) = all_of_them()
    assert (acme.name, acme.slug, acme.reading) == ("Acme & Sons", "acme", Reading.NAMED)
    entry = said()
    assert (entry["action"], entry["target"]) == ("organisation.created", "organisations/acme")
    assert entry["details"] == {"reading": "named"}
    assert "Acme & Sons is a client now" in words(client.page(response.location))


@pytest.mark.parametrize(
    ("fields", "status", "sentence"),
    [
        ({"name": ""}, 422, "Fill in a name."),
        ({"name": " "}, 422, "Fill in a name."),
        ({"name": "x" * 101}, 422, "Field cannot be longer than 100"),
        ({"name": "Two\nlines"}, 422, "The name is one line"),
        ({"slug": ""}, 422, "Fill in a short name."),
        ({"slug": "Acme"}, 422, "“Acme” can’t be a short name"),
        ({"slug": "ac me"}, 422, "can’t be a short name"),
        ({"slug": "-acme"}, 422, "can’t be a short name"),
        ({"slug": "ac--me"}, 422, "can’t be a short name"),
        ({"slug": "../acme"}, 422, "can’t be a short name"),
        ({"slug": "acmé"}, 422, "can’t be a short name"),
        ({"slug": "a" * 41}, 422, "Field cannot be longer than 40"),
        ({"slug": "harbour"}, 422, "There is a client “harbour” already."),
        ({"reading": "everything"}, 422, "Not a valid choice"),
        ({"reading": ""}, 422, "Not a valid choice"),
    ],
)
def test_what_can_not_be_a_client(client, ana, harbour, fields, status, sentence):
    response = client.post(ADDRESS, data=ACME | fields)
    assert response.status_code == status
    assert sentence in words(check_page(response.text))
    assert len(all_of_them()) == 1


def test_what_was_typed_stays_in_its_own_form(client, ana):
    page = check_page(client.post(ADDRESS, data=ACME | {"slug": "No"}).text)
    assert page.select_one("#organisation-name")["value"] == "Acme & Sons"
    assert page.select_one("#organisation-slug")["value"] == "No"
    assert page.select_one("#clients details").has_attr("open")
    assert page.select_one("#name")["value"] == ""


def test_more_than_was_asked_for_is_ignored(client, ana):
    client.post(ADDRESS, data=ACME | {"id": "77", "archived_at": "2020-01-01", "role": "admin"})
    (acme,) = all_of_them()
    assert (acme.id, acme.archived_at) == (1, None)


@pytest.mark.parametrize(
    "name", ["<b>{{ 7*7 }}</b>", "\u202ereversed", "Robert'); DROP TABLE x;--"]
)
def test_a_hostile_name_is_shown_as_typed(client, ana, name):
    page = client.page(client.post(ADDRESS, data=ACME | {"name": name}).location)
    assert words(page.find("h1")) == name
    assert name in words(client.page("/ops/accounts").select_one("#clients"))
