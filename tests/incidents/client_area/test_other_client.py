"""10. Another client's incident is not there, at whichever door a client tries."""

import pytest

from portal.core.storage.database import db
from portal.incidents.models import Question, ReadingConfirmation, ReportReading
from portal.incidents.reports import report_named

DOORS = [
    ("GET", ""),
    ("HEAD", ""),
    ("GET", ".pdf"),
    ("GET", ".md"),
    ("POST", "/confirmation"),
    ("POST", "/questions"),
]


@pytest.mark.parametrize(("method", "door"), DOORS, ids=lambda part: part or "page")
def test_10_another_clients_report_is_not_there(cleos, outage, for_beta, method, door):
    data = {"sha256": report_named("for-beta").sha256, "text": "What happened?"}
    sent = {"data": data} if method == "POST" else {}
    answers = {}
    for slug in ("for-beta", "no-such-report"):
        response = cleos.open(f"/client/incidents/{slug}{door}", method=method, **sent)
        answers[slug] = (response.status_code, response.text.replace(slug, ""))
    assert answers["for-beta"][0] == answers["no-such-report"][0] == 404
    assert "Beta" not in answers["for-beta"][1]
    for model in (ReadingConfirmation, Question, ReportReading):
        assert db.session.query(model).count() == 0
