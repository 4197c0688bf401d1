"""`?as=` is for staff: whatever a client writes there, nothing changes."""

import pytest

from portal.incidents.client_area.area import visitor
from tests.support.pages import words

ADDRESSES = ("/client", "/client/incidents/outage", "/client/incidents/for-beta")
NAMES = ("beta", "acme", "nobody", "")


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_client_sees_the_same_whatever_as_says(cleos, otto, outage, for_beta, address):
    """Also of a name that is not there: else it would tell who else is a client."""
    plain = cleos.get(address)
    shown = words(cleos.page(address).main) if plain.status_code == 200 else ""

    for name in NAMES:
        answer = cleos.get(f"{address}?as={name}")
        assert answer.status_code == plain.status_code, name
        assert "for beta" not in answer.text
        if shown:
            assert words(cleos.page(f"{address}?as={name}").main) == shown, name


def test_a_clients_own_eyes_are_all_that_a_client_has(app, contact, otto):
    who = visitor(contact.account, looks_as=otto.organisation)

    assert (who.previews, who.organisation, who.preview_of) == (False, None, None)
    assert who.reader == visitor(contact.account).reader


@pytest.mark.parametrize("name", NAMES)
def test_a_client_reads_and_asks_as_no_other_client(cleos, otto, outage, for_beta, name):
    asked = cleos.post(f"/client/incidents/for-beta/questions?as={name}", data={"text": "Why?"})
    pdf = cleos.get(f"/client/incidents/for-beta.pdf?as={name}")

    assert (asked.status_code, pdf.status_code) == (404, 404)
