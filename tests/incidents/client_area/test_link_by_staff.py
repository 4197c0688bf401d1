"""A private link that somebody of the staff opens is a preview, and counts as nobody's reading."""

import pytest
from sqlalchemy import select

from portal.audit.models import AuditEntry
from portal.core.storage.database import db
from portal.incidents.client_area.links import create_link
from portal.incidents.models import ReportReading
from tests.support.cast import log_in, log_in_by_form, make_account
from tests.support.pages import words


@pytest.fixture
def path(outage, otto, omar):
    address = create_link("outage", otto, by=omar)[1]
    db.session.commit()
    return address.removeprefix("http://localhost:8000")


@pytest.mark.parametrize("name", ["ana", "omar"])
def test_staff_see_a_preview_that_is_not_noted(client, path, name):
    log_in(client, make_account(name))
    page = words(client.page(path).main)
    assert "Staff log in on this device, so this is a preview." in page
    assert "the planted words for beta" in page
    client.get(f"{path}.pdf")
    assert db.session.scalar(select(ReportReading)) is None
    read = select(AuditEntry).where(AuditEntry.action == "report.read")
    assert db.session.scalar(read) is None


@pytest.mark.parametrize("end", ["logged out", "ended"])
def test_their_device_is_theirs_when_the_login_is_over(client, path, end):
    account = make_account("omar")
    assert log_in_by_form(client, account).status_code == 303
    if end == "logged out":
        client.post("/ops/logout")
    else:
        for row in account.sessions:
            row.ended_at = account.created_at
        db.session.commit()
    assert client.get("/ops").status_code == 303
    assert "so this is a preview" in words(client.page(path).main)
    assert db.session.scalar(select(ReportReading)) is None
    log_in(client, make_account("cleo"))
    client.get(path)
    assert db.session.scalar(select(ReportReading)) is not None


def test_whoever_is_logged_in_as_a_client_reads_it(client, path):
    log_in(client, make_account("cleo"))
    assert "this is a preview" not in words(client.page(path).main)
    assert db.session.scalar(select(ReportReading)) is not None


def test_a_session_that_has_ended_is_no_session_of_staff(client, path):
    log_in(client, make_account("omar")).ended_at = make_account("omar").created_at
    db.session.commit()
    client.get(path)
    assert db.session.scalar(select(ReportReading)) is not None
