"""Three clients with four people, one of them at two, and the forms of a live incident as sent."""

from collections.abc import Mapping
from datetime import timedelta
from secrets import token_hex
from typing import Any

from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from portal.accounts.models import Contact, Organisation
from portal.core.clock import now
from portal.core.storage.database import db
from portal.emails.models import Message
from portal.incidents.live.models import IncidentUpdate, LiveIncident

PEOPLE = {
    "harbour": {"Cleo": "cleo@example.com", "Nia": "nia@harbour.example"},
    "quarry": {"Pat": "pat@quarry.example", "Nia": "nia@harbour.example"},
    "mill": {"Kim": "kim@mill.example"},
}
ADDRESSES = sorted({address for people in PEOPLE.values() for address in people.values()})
NEW = "/ops/incidents/live/new"
TEXT = "Search answers slowly since 14:05. We are looking into it."


def add_clients() -> dict[str, Organisation]:
    """Commits."""
    found = {}
    for slug, people in PEOPLE.items():
        found[slug] = Organisation(slug=slug, name=f"{slug.capitalize()} Voices")
        for name, address in people.items():
            db.session.add(
                Contact(organisation=found[slug], name=name, salutation=name, email=address)
            )
    db.session.add_all(found.values())
    db.session.commit()
    return found


def opening(**changed: Any) -> dict[str, Any]:
    """The form of an opening, for clients unless it says otherwise."""
    return {
        "once_key": token_hex(16),
        "title": "Search is slow",
        "severity": "major",
        "own": "the directory's search",
        "phase": "investigating",
        "text": TEXT,
        "audience": "clients",
        "next_update": "30",
        **changed,
    }


def update(incident: LiveIncident, **changed: Any) -> dict[str, Any]:
    """The form of its next update, as its page shows it now."""
    db.session.rollback()
    return {
        "once_key": token_hex(16),
        "version": incident.version,
        "seen": max((each.number for each in incident.updates), default=0),
        "phase": "identified",
        "text": "An index was missing. It is being made again.",
        "audience": "clients",
        "next_update": "30",
        **changed,
    }


def window(hours: float = 48, length: float = 1) -> dict[str, str]:
    """The fields of planned maintenance that begins in so many hours."""
    begins = now() + timedelta(hours=hours)
    ends = begins + timedelta(hours=length)
    return {
        "severity": "maintenance",
        "title": "The database is moved",
        "text": "Search is off for some minutes.",
        "next_update": "",
        "begins": f"{begins:%Y-%m-%dT%H:%M}",
        "ends": f"{ends:%Y-%m-%dT%H:%M}",
    }


def open_one(browser: FlaskClient, **changed: Any) -> LiveIncident:
    answer = browser.post(NEW, data=opening(**changed))
    assert answer.status_code == 303, answer.text
    return the_incident()


def act(
    browser: FlaskClient, incident: LiveIncident, path: str, data: Mapping[str, Any]
) -> TestResponse:
    slug = incident.slug
    return browser.post(f"/ops/incidents/live/{slug}/{path}", data=data)


def the_incident() -> LiveIncident:
    db.session.rollback()
    return db.session.scalars(select(LiveIncident).order_by(LiveIncident.id.desc())).first()


def updates() -> list[IncidentUpdate]:
    db.session.rollback()
    return list(db.session.scalars(select(IncidentUpdate).order_by(IncidentUpdate.number)))


def messages() -> list[Message]:
    db.session.rollback()
    return list(db.session.scalars(select(Message).order_by(Message.id)))


def draft() -> LiveIncident:
    """As monitoring makes one. Commits."""
    incident = LiveIncident(
        slug="2026-01-01-abcdef",
        title="The site is down",
        severity="critical",
        phase="investigating",
        affected=["Website"],
        started_at=now() - timedelta(minutes=3),
        detected_at=now() - timedelta(minutes=2),
        opened_by="monitoring",
    )
    db.session.add(incident)
    db.session.commit()
    return incident


def planned_maintenance() -> LiveIncident:
    """Published, and nothing was said of it. Commits."""
    incident = LiveIncident(
        slug="2026-01-02-planned",
        title="The database is moved",
        severity="maintenance",
        phase="scheduled",
        affected=[],
        started_at=now() + timedelta(days=1),
        begins_at=now() + timedelta(days=1),
        ends_at=now() + timedelta(days=1, hours=1),
        published_at=now(),
        opened_by="Omar",
    )
    db.session.add(incident)
    db.session.commit()
    return incident


def said(answer: TestResponse) -> str:
    """The words of a page."""
    return " ".join(BeautifulSoup(answer.text, "html.parser").get_text(" ").split())
