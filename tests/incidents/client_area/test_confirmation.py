"""“I have read this”: once for each text, by clients alone."""

import pytest
from sqlalchemy import func, select

from portal.audit.models import AuditEntry
from portal.core.storage.database import db
from portal.incidents.models import ReadingConfirmation
from portal.incidents.reports import report_named
from tests.incidents.client_area.conftest import REPORT
from tests.support.cast import log_in, make_account
from tests.support.pages import words

ADDRESS = "/client/incidents/outage/confirmation"


def confirm(client, sha256=None, address=ADDRESS):
    return client.post(address, data={"sha256": sha256 or report_named("outage").sha256})


def count(model=ReadingConfirmation, *where):
    return db.session.scalar(select(func.count()).select_from(model).where(*where))


def section(client):
    return words(client.page("/client/incidents/outage").select_one("#confirmation"))


def test_a_client_confirms_and_the_page_says_when(cleos, outage):
    assert "I have read this" in section(cleos)
    answer = confirm(cleos)
    assert (answer.status_code, answer.location) == (303, "/client/incidents/outage")
    assert "You confirmed on" in section(cleos)
    assert count(AuditEntry, AuditEntry.action == "reading.confirmed") == 1


def test_confirming_twice_is_confirming_once(cleos, outage):
    assert confirm(cleos).status_code == confirm(cleos).status_code == 303
    assert count() == count(AuditEntry, AuditEntry.action == "reading.confirmed") == 1


def test_a_new_text_has_to_be_confirmed_again(cleos, outage, write):
    confirm(cleos)
    write(REPORT.replace("deployed", "deployed again"))
    assert "I have read this" in section(cleos)
    confirm(cleos)
    assert count() == 2


def test_what_changed_since_the_page_was_opened_is_not_confirmed(cleos, outage):
    answer = confirm(cleos, sha256="0" * 64)
    assert answer.status_code == 409
    assert "The report has changed since you opened it" in answer.text
    assert count() == 0


def test_10_another_client_s_report_is_not_there(cleos, for_beta):
    address = "/client/incidents/for-beta/confirmation"
    assert confirm(cleos, report_named("for-beta").sha256, address).status_code == 404
    assert count() == 0


@pytest.mark.parametrize("name", ["omar", "ana"])
def test_staff_confirm_nothing_in_a_client_s_name(client, outage, name):
    log_in(client, make_account(name))
    assert confirm(client).status_code == 403
    assert count() == 0


def test_a_stranger_is_sent_to_the_login(client, outage):
    assert confirm(client).location.startswith("/ops/login")


def test_looking_confirms_nothing(cleos, outage):
    assert cleos.get(ADDRESS).status_code in {404, 405}
    assert cleos.post(ADDRESS, with_token=False).status_code == 400
