"""What is new since a client's last visit is said in words; only a client's own visit counts."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from portal.core.clock import now
from portal.core.storage.database import db
from portal.documents.models import DocumentKind, DocumentVersion
from portal.incidents.client_area.visits import VISIT
from portal.incidents.live.models import IncidentUpdate, LiveIncident
from portal.incidents.models import ReportReading
from portal.incidents.reports import report_named
from tests.incidents.client_area.conftest import PLANTED, REPORT
from tests.support.pages import words

PAGE, LIVE = "/client/incidents/outage", "/client/incidents/live/2026-01-01-abcdef"
SECOND = (
    REPORT.replace("was deployed", "was released")
    .replace(
        "audience: internal}",
        "audience: internal}\n  - {at: 2025-12-16 15:00 UTC, text: It works., audience: clients}",
    )
    .replace("status: resolved", "status: monitoring")
    .replace("## How we", "## What is next\n\nWe watch it.\n\n## How we")
    .replace("the planted words for beta", "other planted words for beta")
)
COMMANDS = ("flask", "portal setup", "environment", "database", "/ops/", "Runbooks", "band-")


@pytest.fixture
def clock():
    with time_machine.travel(now(), tick=False) as clock:
        yield clock


def since(page):
    return words(page.select_one(".since"))


def keep_version(text, slug="outage"):
    row = DocumentVersion(kind=DocumentKind.REPORT, slug=slug, number=1, source=text)
    row.sha256, row.published_by, row.settled = report_named(slug).sha256, "Omar", True
    db.session.add(row)
    db.session.commit()


def change(write, clock):
    """The next visit, to a newer text."""
    clock.shift(VISIT + timedelta(minutes=1))
    write(SECOND)


def test_a_first_visit_says_nothing_and_the_next_names_what_changed(cleos, outage, write, clock):
    keep_version(REPORT)
    assert since(cleos.page(PAGE)) == ""
    clock.shift(VISIT + timedelta(seconds=1))
    assert since(cleos.page(PAGE)).startswith("Nothing has changed since your last visit,")
    change(write, clock)
    page = cleos.page(PAGE)
    found = [words(each) for each in page.select(".since li")]
    assert found == [
        "Status: monitoring (it was resolved)",
        "New: What is next",
        "Changed: How we fixed it",
        "New: It works.",
    ]
    assert words(page.select_one(".timeline .new").find_parent("li")).endswith("It works.")
    assert all(page.find(id=link["href"][1:]) for link in page.select(".since a"))
    assert not [phrase for phrase in PLANTED if phrase in str(page)]


def test_a_reload_is_the_same_visit(cleos, outage, write, clock):
    keep_version(REPORT)
    cleos.get(PAGE)
    change(write, clock)
    for _ in range(2):
        assert "New since your last visit" in since(cleos.page(PAGE))
        clock.shift(timedelta(minutes=2))
    clock.shift(VISIT)
    assert since(cleos.page(PAGE)).startswith("Nothing has changed")


def test_a_text_that_was_not_kept_is_said_to_have_changed(cleos, outage, write, clock):
    cleos.get(PAGE)
    change(write, clock)
    assert "The text has changed." in since(cleos.page(PAGE))


def test_a_preview_counts_as_no_visit_and_shows_none(cleos, omars, outage, write, clock):
    for _ in range(2):
        assert since(omars.page(f"{PAGE}?as=acme")) == ""
        assert since(omars.page("/client?as=acme")) == ""
        clock.shift(VISIT + timedelta(minutes=1))
    assert since(cleos.page(PAGE)) == ""


def test_a_private_link_says_what_is_new_since_it_was_opened(client, omars, link, write, clock):
    assert since(client.page(link.path)) == ""
    change(write, clock)
    assert since(omars.page(link.path)) == ""
    assert since(client.page(link.path)).startswith("New since this link was last opened")


def live(*minutes):
    """Published for all clients; with an update that became visible so many minutes ago."""
    incident = LiveIncident(slug=LIVE.rsplit("/", 1)[1], title="Search is slow", severity="major",
                            phase="identified", audience="clients", affected=["Search"],
                            started_at=now(), opened_by="Omar", published_at=now())  # fmt: skip
    db.session.add(incident)
    for number, ago in enumerate(minutes, 1):
        add_update(incident, number, ago)
    db.session.commit()
    return incident


def add_update(incident, number, ago=0):
    at = now() - timedelta(minutes=ago)
    incident.updates.append(
        IncidentUpdate(
            number=number,
            phase="identified",
            text=f"Words {number}.",
            clients=[],
            audience="clients",
            happened_at=at,
            created_at=at,
            created_by="Omar",
            leaves_at=at,
            once_key=str(number),
        )  # fmt: skip
    )
    db.session.commit()


def test_updates_of_a_live_incident_that_came_since_are_marked(cleos, omars, clock):
    incident = live(30, 20)
    omars.get(LIVE)
    page = cleos.page(LIVE)
    assert (since(page), page.select(".new")) == ("", [])
    clock.shift(VISIT + timedelta(minutes=1))
    add_update(incident, 3)
    assert "1 new update" in words(cleos.page("/client").select_one(".letters"))
    assert "1 new update." in since(cleos.page("/client"))
    page = cleos.page(LIVE)
    assert since(page).startswith("1 update is new since your last visit")
    marked = [words(each) for each in page.select("article") if each.select(".new")]
    assert len(marked) == 1
    assert "Words 3." in marked[0]
    assert words(cleos.page("/client").select_one(".letters .new")) == ""
    slugs = set(db.session.scalars(select(ReportReading.slug)))
    assert slugs == {f"live/{incident.slug}"}


def test_staff_see_who_opened_a_live_incident(cleos, omars, clock):
    incident = live(30)
    cleos.get(LIVE)
    page = omars.page(f"/ops/incidents/live/{incident.slug}?tab=readers")
    assert "Cleo Acme" in words(page.main)
    assert "up to update 1" in words(page.main)


@pytest.mark.parametrize("address", ["/client", PAGE, LIVE, "link", "/ops/sessions", "gone"])
def test_the_frame_is_the_client_s_own(app, cleos, client, link, address):
    """No band of an environment, no way into the control room, no word on how it is run."""
    live(30)
    browser = client if address == "link" else cleos
    answer = browser.get(
        {"link": link.path, "gone": "/client/incidents/gone"}.get(address, address)
    )
    page = browser.page(answer.request.path, status=answer.status_code)
    assert not page.select(".band, header nav")
    assert "voice-client" in page.html["class"]
    main = str(page.main)
    assert [each for each in COMMANDS if each in main and address != "/ops/sessions"] == []


def test_facts_phase_and_pdf_come_before_the_text(cleos, outage):
    page = cleos.page(PAGE)
    order = page.select("h1, .phase, .letter-facts, .letter-actions, [data-document]")
    assert [each.name for each in order] == ["h1", "p", "dl", "p", "div"]
    assert words(page.select_one(".phase")) == "Resolved"
    assert "phase-good" in page.select_one(".phase")["class"]
