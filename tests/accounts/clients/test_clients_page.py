"""The page of accounts lists the clients, and a page of each shows its people."""

from portal.accounts.clients.service import Person
from tests.accounts.clients.conftest import make_client, make_contact
from tests.support.pages import words

NIA = Person("Nia", "nia@harbour.example", "Asia/Tokyo", "Dr Nia", gets_messages=False)


def test_without_a_client_the_page_says_what_will_be_there(client, ana):
    section = client.page("/ops/accounts").select_one("#clients")
    assert "No clients yet" in words(section)
    assert section.select_one("details").has_attr("open")


def test_a_client_is_listed_with_its_people_and_what_it_reads(client, ana, cleo):
    make_contact(cleo.organisation, NIA)
    make_client("acme", "Acme")
    section = client.page("/ops/accounts").select_one("#clients")
    acme, harbour = (words(row) for row in section.select("tbody tr"))
    assert (
        harbour
        == "Harbour Voices harbour Cleo no login, Nia no login, no messages all for clients active"
    )
    assert "none yet" in acme
    assert not section.select_one("details").has_attr("open")


def test_a_client_without_people_offers_the_first_step(client, ana, harbour):
    page = client.page("/ops/accounts/organisations/harbour")
    assert "No contacts yet" in words(page)
    assert page.select_one("details.fold").has_attr("open")


def test_its_people_stand_in_a_table(client, ana, cleo):
    make_contact(cleo.organisation, NIA)
    page = client.page("/ops/accounts/organisations/harbour")
    rows = [words(row) for row in page.select("main tbody tr")]
    assert rows == [
        "Cleo cleo@harbour.example Cleo Europe/London yes – active",
        "Nia nia@harbour.example Dr Nia Asia/Tokyo no – active",
    ]


def test_time_zones_are_offered_while_typing(client, ana, cleo):
    page = client.page("/ops/accounts/contacts/1")
    offered = [option["value"] for option in page.select("#zones option")]
    assert page.select_one("#time_zone")["list"] == "zones"
    assert offered[0] == "UTC"
    assert "Europe/London" in offered
    assert "US/Eastern" not in offered
