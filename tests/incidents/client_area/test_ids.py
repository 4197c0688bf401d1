"""A report whose headings are called like everything on its page takes nothing from the page."""

import pytest

from portal.core.storage.database import db
from portal.incidents.client_area.links import create_link
from tests.support.ids import EVIL, assert_ids_are_apart, headings_for, names_on

FRONT = "---\naudience: clients\n---\n# Outage\n\n"
PAGES = [
    ("omar", "/ops/incidents/outage"),
    ("omar", "/client/incidents/outage"),
    ("omar", "/client/incidents/outage?as=acme"),
    ("omar", "/ops/incidents/outage/edit"),
    ("cleo", "/client/incidents/outage"),
    ("nobody", "link"),
]


@pytest.mark.parametrize(("who", "address"), PAGES)
def test_no_id_is_doubled(client, outage, write, omar, omars, cleos, otto, who, address):
    if address == "link":
        address = create_link("outage", otto, by=omar)[1].removeprefix("http://localhost:8000")
        db.session.commit()
    browser = {"omar": omars, "cleo": cleos, "nobody": client}[who]
    write(FRONT)
    names = [*names_on(browser.page(address)), *EVIL]
    assert "main" in names
    write(FRONT + headings_for(names))
    page = browser.page(address)
    assert_ids_are_apart(page)
    assert len(page.select("[data-document] h2, [data-document] h3")) >= len(names)
    assert page.select_one("main#main, #main").name == "main"
