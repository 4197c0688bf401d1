"""A client's name and reading change; its short name does not, because reports use it."""

import pytest

from portal.accounts.models import Reading
from portal.core.storage.database import db
from tests.accounts.clients.conftest import count_of, said
from tests.support.pages import check_page, words

ADDRESS = "/ops/accounts/organisations/harbour"


def test_both_are_changed_and_recorded(client, ana, harbour):
    response = client.post(ADDRESS, data={"name": "Harbour", "reading": "named"})
    assert response.location == ADDRESS
    db.session.refresh(harbour)
    assert (harbour.name, harbour.reading) == ("Harbour", Reading.NAMED)
    entry = said()
    assert (entry["action"], entry["target"]) == ("organisation.changed", "organisations/harbour")
    assert entry["details"] == {"changed": ["name", "reading"], "reading": "named"}


def test_saving_what_is_there_already_is_no_event(client, ana, harbour):
    client.post(ADDRESS, data={"name": "Harbour Voices", "reading": "all"})
    assert count_of("organisation.changed") == 0


def test_the_short_name_can_not_be_changed(client, ana, harbour):
    client.post(ADDRESS, data={"name": "Harbour", "reading": "all", "slug": "pier", "id": "9"})
    db.session.refresh(harbour)
    assert (harbour.slug, harbour.id) == ("harbour", 1)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"name": "", "reading": "all"}, "Fill in a name."),
        ({"name": "a\tb", "reading": "all"}, "The name is one line"),
        ({"name": "Harbour", "reading": "none"}, "Not a valid choice"),
    ],
)
def test_what_can_not_be_stays_in_the_form(client, ana, harbour, fields, sentence):
    response = client.post(ADDRESS, data=fields)
    assert response.status_code == 422
    page = check_page(response.text)
    assert sentence in words(page)
    assert page.select_one("#organisation-name")["value"] == fields["name"]
    assert page.select_one("#name")["value"] == ""
    db.session.refresh(harbour)
    assert harbour.name == "Harbour Voices"


def test_an_archived_client_is_restored_first(client, ana, harbour):
    client.post(f"{ADDRESS}/archival")
    response = client.post(ADDRESS, data={"name": "Harbour", "reading": "named"})
    assert response.status_code == 409
    db.session.refresh(harbour)
    assert harbour.reading is Reading.ALL
