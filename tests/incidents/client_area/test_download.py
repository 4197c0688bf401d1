"""PDFs from the pages: each reader gets their own, and clients' downloads are readings."""

from functools import partial

import pytest
from sqlalchemy import select

from portal.core.storage.database import db
from portal.documents.pdf.convert import html_to_pdf
from portal.incidents import pdf
from portal.incidents.client_area.links import create_link
from portal.incidents.models import ReportReading, Way
from tests.incidents.client_area.conftest import PLANTED
from tests.support.pages import words
from tests.support.paper import everything_in, need_pango, words_of

ADDRESS = "/client/incidents/outage.pdf"


@pytest.fixture(autouse=True)
def _pango():
    need_pango()


def test_a_client_downloads_it_and_that_is_a_reading(cleos, contact, outage):
    answer = cleos.get(ADDRESS)
    assert answer.mimetype == "application/pdf"
    assert answer.headers["Content-Disposition"] == "attachment; filename=outage.pdf"
    assert not [phrase for phrase in PLANTED if phrase in everything_in(answer.data)]
    reading = db.session.scalars(select(ReportReading)).one()
    assert (reading.way, reading.account_id) == (Way.PDF, contact.account.id)


def test_a_private_link_has_one_too(client, contact, outage, omar):
    link, address = create_link("outage", contact, by=omar)
    page = client.page(address.removeprefix("http://localhost:8000"))
    [href] = [each["href"] for each in page.select("a") if words(each) == "Download as PDF"]
    assert "The site was away." in words_of(client.get(href).data)
    reading = db.session.scalars(select(ReportReading).where(ReportReading.way == Way.PDF)).one()
    assert reading.link_id == link.id


def test_what_takes_too_long_is_refused_in_a_sentence_and_not_noted(cleos, write, monkeypatch):
    monkeypatch.setattr(pdf, "html_to_pdf", partial(html_to_pdf, seconds=1))
    write("---\naudience: clients\n---\n# Outage\n\n| a | b |\n|---|---|\n" + "| c | d |\n" * 9_000)
    page = cleos.page(ADDRESS, status=503)
    assert "it takes longer than 1 seconds. Open the page and print it" in words(page.main)
    assert db.session.scalar(select(ReportReading)) is None
    assert cleos.get("/client").status_code == 200


def test_staff_have_theirs_and_clients_do_not_get_it(omars, cleos, outage):
    assert PLANTED[1] in words_of(omars.get("/ops/incidents/outage.pdf").data)
    assert cleos.get("/ops/incidents/outage.pdf").status_code == 403
    assert db.session.scalar(select(ReportReading)) is None
