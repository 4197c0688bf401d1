"""A private link opens one report for one contact, until it expires or is withdrawn."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from portal.accounts.models import Role
from portal.audit.models import AuditEntry, AuditPersonal
from portal.core.clock import now
from portal.core.storage.database import db
from portal.incidents.client_area.links import count_opening, create_link, withdraw_link
from portal.incidents.models import ReportReading, Way
from tests.incidents.client_area.conftest import PLANTED
from tests.support.cast import make_account
from tests.support.databases import change_ops_by_hand
from tests.support.pages import check_page, words


def test_it_opens_the_report_without_a_login_as_its_organisation_reads_it(client, link):
    page = client.page(link.path)
    shown = words(page.main)
    assert "the planted words for beta" in shown
    assert "the planted internal" not in shown
    assert "made for Otto, Beta" in shown
    assert not page.select("form[method=post]")


@pytest.mark.parametrize("tail", ["", ".pdf", "/"])
def test_the_audit_log_holds_no_key_of_an_address_that_was_refused(omars, link, tail):
    elsewhere = {"Origin": "https://evil.example"}
    assert omars.post(f"{link.path}{tail}", headers=elsewhere).status_code == 400
    entries = list(db.session.scalars(select(AuditEntry.canonical)))
    assert any("request.refused" in each for each in entries)
    assert not any(link.path.rsplit("/", 1)[1] in each for each in entries)


def test_its_answers_are_not_cached_and_send_no_referrer(client, link):
    for address in (link.path, "/client/links/unknown", f"{link.path}/", f"{link.path}/x"):
        headers = client.get(address).headers
        assert headers["Cache-Control"] == "no-store"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert "noindex" in headers["X-Robots-Tag"]
        assert "Set-Cookie" not in headers


def test_each_opening_is_noted_and_audited(client, link):
    with time_machine.travel(now(), tick=False) as clock:
        client.get(link.path)
        client.get(link.path)
        clock.shift(timedelta(minutes=2))
        client.get(link.path)
    rows = db.session.scalars(select(ReportReading)).all()
    assert [(row.link_id, row.account_id, row.way) for row in rows] == [
        (link.id, None, Way.LINK)
    ] * 2
    read = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "report.read")).all()
    assert [entry.actor_role for entry in read] == ["link", "link"]
    names = select(AuditPersonal.value).where(AuditPersonal.seq == read[0].seq)
    assert "Otto" in db.session.scalars(names).all()


def test_a_look_at_the_head_is_no_opening(client, link):
    assert client.head(link.path).status_code == 200
    assert db.session.scalar(select(ReportReading)) is None


def test_10_it_opens_one_report_alone(client, link, for_beta):
    client.get(link.path)
    assert client.get("/client/incidents/for-beta").location.startswith("/ops/login")
    assert client.get("/client").location.startswith("/ops/login")


def dead_page(client, path):
    answer = client.get(path)
    assert answer.status_code == 404
    return answer.text.replace(path, "")


def expire(link, clock):
    clock.shift(timedelta(days=30))


def withdraw(link, clock):
    withdraw_link(link, by=link.by)


def archive_contact(link, clock):
    link.contact.archived_at = now()


def archive_organisation(link, clock):
    link.contact.organisation.archived_at = now()


def disable_login(link, clock):
    link.contact.account = make_account("otto", Role.CLIENT)
    link.contact.account.disabled_at = now()


def limit_report(link, clock):
    link.write("---\naudience: clients\nclients: [acme]\n---\n# Not for Beta any more\n")


def drop_report(link, clock):
    (link.folder / "outage.md").unlink()


ENDS = [
    expire,
    withdraw,
    archive_contact,
    archive_organisation,
    disable_login,
    limit_report,
    drop_report,
]


@pytest.mark.parametrize("end", ENDS, ids=lambda end: end.__name__)
def test_a_dead_link_looks_like_one_that_never_was(client, link, omar, write, folder, end):
    link.by, link.write, link.folder = omar, write, folder
    with time_machine.travel(now(), tick=False) as clock:
        assert client.get(link.path).status_code == 200
        end(link, clock)
        never = dead_page(client, "/client/links/never-was")
        assert dead_page(client, link.path) == never
        assert client.get(f"{link.path}.pdf").status_code == 404
    said = words(check_page(never).main)
    assert "This link does not open a report." in said
    assert "Ask the sender for a new one, or log in." in said


@pytest.mark.parametrize("ending", ["", ".pdf"])
def test_13_a_look_at_the_head_is_slowed_down_as_well(client, ending):
    with time_machine.travel(now(), tick=False):
        asked = [client.head(f"/client/links/unknown{ending}").status_code for _ in range(61)]
    assert asked == [*[404] * 60, 429]


def test_whoever_tries_many_is_slowed_down(client, link):
    with time_machine.travel(now(), tick=False) as clock:
        for _ in range(59):
            count_opening("127.0.0.1")
        assert client.get("/client/links/guess").status_code == 404
        page = client.page(link.path, status=429)
        assert "Too many links opened from here. Wait 5 seconds" in words(page.main)
        clock.shift(timedelta(seconds=5))
        assert client.get(link.path).status_code == 200


def test_the_page_is_a_visitor_s_even_for_somebody_logged_in(cleos, link):
    assert "Account" not in str(cleos.page(link.path).select("summary"))


def test_nothing_planted_for_others_is_in_the_page(client, outage, contact, omar):
    _, address = create_link("outage", contact, by=omar)
    source = client.get(address.removeprefix("http://localhost:8000")).text
    assert "Log in</a> to ask a question" in source
    assert not [phrase for phrase in PLANTED if phrase in source]


def test_a_fault_writes_down_that_a_link_failed_and_not_which(
    app, client, link, caplog, monkeypatch
):
    app.config["PROPAGATE_EXCEPTIONS"] = False
    change_ops_by_hand("ALTER TABLE report_readings RENAME TO elsewhere")
    answer = client.get(link.path)
    assert answer.status_code == 503
    assert "report_readings" not in answer.text
    assert "is damaged: table report_readings is missing" in caplog.text
    change_ops_by_hand("ALTER TABLE elsewhere RENAME TO report_readings")
    monkeypatch.setitem(app.view_functions, "incidents.show_link", lambda **_: 1 / 0)
    assert client.get(link.path).status_code == 500
    assert "Exception on /client/links/…" in caplog.text
    assert "ZeroDivisionError" in caplog.text
    assert link.path.rsplit("/", 1)[-1] not in caplog.text
