"""Announced windows as a calendar feed for phones and desktops: RFC 5545, RFC 7986."""

from datetime import timedelta
from importlib import import_module
from typing import Any

from sqlalchemy import select

from portal.core.clock import now
from portal.core.storage.database import db
from portal.databases.policies.models import Window

KEPT = timedelta(days=90)
AGAIN = timedelta(hours=1)


def windows_to_announce(target: str) -> list[Window]:
    """Windows to come and those of the last 90 days, withdrawn ones too: subscribers have them in a
    calendar, and only the feed removes them again.
    """
    query = select(Window).where(Window.target == target, Window.ends_at > now() - KEPT)
    return list(db.session.scalars(query.order_by(Window.starts_at, Window.id)))


def calendar_of(windows: list[Window], *, title: str, host: str) -> bytes:
    """The feed; `host` makes the events' ids unique to the site. It names no person."""
    library = import_module("icalendar")  # a fifth of a second that no other page needs
    calendar = library.Calendar()
    calendar.add("prodid", "-//Talkback//Planned maintenance//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    for name in ("name", "x-wr-calname"):
        calendar.add(name, title)
    calendar.add("refresh-interval", AGAIN, parameters={"value": "DURATION"})
    calendar.add("x-published-ttl", library.vDuration(AGAIN))
    for window in windows:
        calendar.add_component(_event(library.Event(), window, host))
    feed: bytes = calendar.to_ical()
    return feed


def _event(event: Any, window: Window, host: str) -> Any:
    changed_at = window.withdrawn_at or window.announced_at
    event.add("uid", f"window-{window.id}@{host}")
    event.add("summary", f"Maintenance: {window.summary}")
    event.add("dtstart", window.starts_at)
    event.add("dtend", window.ends_at)
    event.add("dtstamp", changed_at)
    event.add("last-modified", changed_at)
    event.add("sequence", 1 if window.withdrawn_at else 0)
    event.add("status", "CANCELLED" if window.withdrawn_at else "CONFIRMED")
    event.add("transp", "TRANSPARENT")
    return event
