"""Error pages say what happened and what to do, in the voice of their part."""

import pytest

from tests.support.cast import log_in, make_account
from tests.support.pages import PageClient, check_page, words


def test_a_refusal_shows_its_sentence_and_the_way_out(reader: PageClient):
    page = reader.page("/ops/samples/fail/conflict", status=409)
    assert words(page.h1) == "Not now"
    assert "This run is already at step 4. Reload the page." in words(page.main)
    assert page.html["class"] == ["voice-control"]


def test_a_public_refusal_speaks_in_the_directorys_voice(reader: PageClient):
    page = reader.page("/samples/fail/conflict", status=409)
    assert page.html["class"] == ["voice-directory"]
    assert page.select_one("main a.button")["href"] == "/"


def test_a_fault_says_that_nothing_was_kept_and_hides_its_trace(reader: PageClient):
    page = reader.page("/samples/fail/fault", status=500)
    assert "has been undone" in words(page)
    assert "ZeroDivisionError" not in words(page)


@pytest.mark.parametrize(
    "address", ["/nothing-here", "/studios/nobody/else", "/%00", "/ops/nothing"]
)
def test_an_unknown_address_is_a_page(reader: PageClient, address: str):
    assert words(reader.page(address, status=404).h1) == "Nothing here"


def test_a_wrong_method_names_the_right_ones(reader: PageClient):
    answer = reader.post("/samples")
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]


def test_an_unavailable_directory_is_a_maintenance_page_that_looks_again(reader: PageClient):
    answer = reader.get("/samples/fail/unavailable")
    page = reader.page("/samples/fail/unavailable", status=503)
    assert answer.headers["Retry-After"] == "10"
    assert answer.headers["Cache-Control"] == "no-store"
    assert page.select_one("meta[http-equiv=refresh]")["content"] == "10"
    assert "What is known is on the status page." in words(page.main)
    assert "The directory is being moved." in words(page.main)
    assert not page.select("nav")


def test_the_control_room_says_unavailable_without_closing(reader: PageClient):
    page = reader.page("/ops/samples/fail/unavailable", status=503)
    assert page.select_one("meta[http-equiv=refresh]") is None
    assert page.html["class"] == ["voice-control"]


WAYS = {
    "omar": {
        "/ops/nothing-here": ["/ops", "/ops/help"],
        "/ops/incidents/nothing": ["/ops/incidents", "/ops"],
        "/ops/runs/999": ["/ops/runs", "/ops"],
        "/ops/accounts/1": ["/ops", "/ops/help"],
        "/ops/accounts": ["/ops", "/ops/help"],
    },
    "cleo": {"/ops/incidents/nothing": ["/client"], "/client/incidents/nothing": ["/client"]},
}


def test_an_error_page_leads_on_to_what_its_reader_may_open(client: PageClient):
    for name, addresses in WAYS.items():
        log_in(client, make_account(name))
        for address, ways in addresses.items():
            answer = client.get(address)
            assert answer.status_code in {403, 404}, address
            links = check_page(answer.text).select("main .actions a")
            assert [link["href"] for link in links] == ways, address
