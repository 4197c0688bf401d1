"""The audit log's page: who sees it, what it shows, that reading it is recorded once."""

import re

import pytest
from sqlalchemy import func, select

from portal.audit.actor import NamedActor
from portal.audit.models import AuditEntry, Outcome
from portal.audit.origin import Origin, set_origin
from portal.audit.reading import find as finding
from portal.audit.service import record
from portal.core.storage.database import db
from portal.jobs.models import Operation, OperationState
from portal.jobs.operations.service import perform
from tests.audit.conftest import without_triggers
from tests.support.cast import log_in, make_account
from tests.support.pages import words

OMAR = NamedActor("Omar", "ops", 7)


@pytest.fixture
def log(app):
    """Two events of omar's, one refused, from an address."""
    set_origin(Origin(request="r1", address="203.0.113.9", session="17"))
    record("backup.taken", by=OMAR, target="production", details={"tables": 7})
    record(
        "migration.refused",
        by=OMAR,
        outcome=Outcome.REFUSED,
        target="production",
        reason="There is no ticket.",
    )
    set_origin(None)
    db.session.commit()


def rows(page) -> list[str]:
    """Each with its number in front."""
    shown = page.select("table.log tbody tr:not([hidden])")
    return [f"{words(row.select_one('td.number'))} {words(row)}" for row in shown]


def count(action: str) -> int:
    query = select(func.count()).where(AuditEntry.action == action)
    return db.session.scalar(query)


@pytest.mark.parametrize("name", ["ana", "omar"])
def test_staff_see_the_newest_first(client, log, name):
    log_in(client, make_account(name))
    shown = rows(client.page("/ops/audit"))
    assert shown[0].startswith("4 ")
    assert "read the audit log" in shown[0]
    assert "logged in" in shown[1]
    assert "There is no ticket." in shown[2]
    assert re.search("Omar took backup of production", shown[3])


def test_a_client_does_not_see_it_and_the_attempt_is_recorded(client, log):
    log_in(client, make_account("cleo"))
    for address in ("/ops/audit", "/ops/audit/newer", "/ops/audit/1"):
        client.page(address, status=403)
    assert client.post("/ops/audit/verifications").status_code == 403
    assert count("access.refused") == 4


def test_a_stranger_is_sent_to_the_login(client, log):
    response = client.get("/ops/audit?outcome=done")
    assert response.status_code == 303
    assert response.location == "/ops/login?next=/ops/audit?outcome%3Ddone"


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("outcome=refused", [2]),
        ("action=backup", [1]),
        ("target=PRODUCTION", [2, 1]),
        ("actor=omar&outcome=done", [1]),
        ("actor=ops&action=migration", [2]),
        ("target=production&since=2099-01-01T00:00", []),
        ("target=production&until=2099-01-01T00:00", [2, 1]),
        ("target=100%25", []),
    ],
)
def test_the_filters(client, log, query, numbers):
    log_in(client, make_account("ana"))
    shown = rows(client.page(f"/ops/audit?{query}"))
    assert [int(row.split()[0]) for row in shown] == numbers


@pytest.mark.parametrize("query", ["outcome=nonsense", "since=yesterday"])
def test_a_filter_that_can_not_be_read(client, log, query):
    log_in(client, make_account("ana"))
    assert "can’t be read" in words(client.page(f"/ops/audit?{query}", status=400))


def test_reading_is_recorded_once_a_session_and_filter(client, log):
    log_in(client, make_account("ana"))
    for query in ("", "", "?outcome=refused", "?outcome=refused", ""):
        client.page(f"/ops/audit{query}")
    client.get("/ops/audit/newer?after=0")
    assert count("audit.read") == 2
    log_in(client, make_account("ana"))
    client.page("/ops/audit")
    assert count("audit.read") == 3


def test_each_way_to_read_the_log_is_recorded_by_itself(app, client, log):
    """A new page of the log that nobody thought of here fails."""
    log_in(client, make_account("omar"))
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith("audit.") and "GET" in (rule.methods or ()):
            before, address = count("audit.read"), rule.rule.replace("<int:seq>", "2")
            client.get(f"{address}?action={rule.endpoint}")
            assert count("audit.read") == before + 1, rule.rule
            client.get(f"{address}?action={rule.endpoint}")
            assert count("audit.read") == before + 1, "following live does not feed itself"
            log_in(client, make_account("omar"))


def test_the_newest_entries_on_the_home_are_recorded_too(client, log):
    log_in(client, make_account("omar"))
    for _ in range(2):
        client.page("/ops")
        assert count("audit.read") == 1
    client.page("/ops/audit")
    assert count("audit.read") == 2


def test_many_filters_fit_into_the_cookie_and_each_is_recorded_once(client, log):
    log_in(client, make_account("omar"))
    for _ in range(2):
        for number in range(40):
            client.get(f"/ops/audit/newer?after=99&target={'x' * 150}{number}")
    assert count("audit.read") == 40


def test_an_entry_that_is_not_there_was_not_read(client, log):
    log_in(client, make_account("omar"))
    assert client.get("/ops/audit/99").status_code == 404
    assert count("audit.read") == 0


def test_older_entries_are_a_page_away(client, log):
    for _ in range(60):
        record("test.happened", by=OMAR)
    log_in(client, make_account("ana"))
    page = client.page("/ops/audit")
    assert len(rows(page)) == 50
    older = next(a["href"] for a in page.find_all("a") if words(a) == "Older entries")
    shown = rows(client.page(older))
    assert shown[0].startswith("14 ")
    assert shown[-1].startswith("1 ")


def test_the_page_follows_what_comes_after_it(client, log):
    log_in(client, make_account("ana"))
    page = client.page("/ops/audit")
    follow = page.select_one("tr[hx-get]")["hx-get"]
    assert follow.startswith("/ops/audit/newer?after=")
    assert "test happened" not in client.get(follow).text
    record("test.happened", by=OMAR)
    newer = client.get(follow).text
    assert "test happened" in newer
    assert newer.count("<tr") == 2
    assert "after=5" in newer


def test_the_filter_holds_for_what_comes_after(client, log):
    log_in(client, make_account("ana"))
    follow = client.page("/ops/audit?outcome=refused").select_one("tr[hx-get]")["hx-get"]
    record("test.happened", by=OMAR)
    record("test.refused", by=OMAR, outcome=Outcome.REFUSED)
    newer = client.get(follow).text
    assert "test refused" in newer
    assert "test happened" not in newer


def test_an_entry_shows_its_record_and_its_place(client, log):
    log_in(client, make_account("ana"))
    page = client.page("/ops/audit/2")
    entry = db.session.get(AuditEntry, 2)
    first = db.session.get(AuditEntry, 1)
    for text in (entry.canonical, entry.leaf, entry.chain, first.chain, "There is no ticket."):
        assert text in page.get_text()
    assert "203.0.113.9" in page.get_text()


def test_ops_do_not_see_addresses_and_sessions(client, log):
    log_in(client, make_account("omar"))
    assert "203.0.113.9" not in client.get("/ops/audit/2").text
    assert "203.0.113.9" not in client.get("/ops/audit").text


def test_an_entry_that_is_not_there(client, log):
    log_in(client, make_account("omar"))
    client.page("/ops/audit/99", status=404)
    client.page("/ops/audit/nonsense", status=404)


def test_hostile_words_are_shown_as_typed(client, app):
    record("test.happened", by=OMAR, target="<script>x</script>{{ 7*7 }}", reason="<b>bold</b>")
    log_in(client, make_account("ana"))
    page = client.page("/ops/audit")
    assert not page.select("td script, td b")
    assert "<script>x</script>{{ 7*7 }}" in page.get_text()


def verify_in_the_worker() -> Operation:
    operation = db.session.scalars(select(Operation).where(Operation.kind == "audit.verify")).one()
    return perform(operation)


def test_verifying_from_the_page(client, log):
    log_in(client, make_account("omar"))
    assert "Not verified yet" in words(client.page("/ops/audit"))
    assert client.get("/ops/audit/verifications").status_code == 405
    for _ in range(2):  # pressed twice, asked for once
        response = client.post("/ops/audit/verifications")
        assert (response.status_code, response.location) == (303, "/ops/audit")
    shown = words(client.page("/ops/audit"))
    assert "Verify the audit log" in shown
    assert "Not verified yet" in shown
    assert verify_in_the_worker().outcome == "All 6 entries hold."
    shown = words(client.page("/ops/audit"))
    assert "All 6 entries hold." in shown
    assert "Verified up to entry 6" in shown


def test_a_broken_chain_is_said_on_the_page(client, log, raw):
    log_in(client, make_account("omar"))
    with without_triggers(raw):
        raw.execute("UPDATE audit SET target = 'development' WHERE seq = 1")
    client.post("/ops/audit/verifications")
    assert verify_in_the_worker().state is OperationState.FAILED
    shown = words(client.page("/ops/audit"))
    assert shown.count("Entry 1 is listed with another target than it records.") >= 2


def test_where_the_search_ended_is_said_and_it_goes_on(client, log, monkeypatch):
    """Of two filters with many entries each, the few that fit both stand far back."""
    monkeypatch.setattr(finding, "LOOKED_AT", 20)
    for _ in range(25):
        record("test.happened", by=OMAR, target="development")
        record("test.refused", by=OMAR, target="production", outcome=Outcome.REFUSED)
    log_in(client, make_account("ana"))
    page = client.page("/ops/audit?outcome=done&target=production")
    assert rows(page) == []
    assert "Nothing so far" in words(page)
    for _ in range(3):
        further = next((a for a in page.find_all("a") if words(a) == "Look further back"), None)
        page = client.page(further["href"]) if further else page
    assert [int(row.split()[0]) for row in rows(page)] == [1]
    assert not any(words(a) == "Look further back" for a in page.find_all("a"))
