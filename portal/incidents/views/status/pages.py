"""`/status` and the page of one incident: no session, no cookie, no script.

The templates are rendered without the context of other pages, which reads the session.
"""

import re
from collections.abc import Callable, Hashable
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar, cast

from flask import Blueprint, Flask, Response, current_app, g, make_response, request
from sqlalchemy.exc import SQLAlchemyError

from portal.core.clock import now
from portal.core.configuration.settings import settings
from portal.core.errors import NotFound
from portal.core.faults.alarm import alarm_about_ops
from portal.core.storage.database import db
from portal.incidents.live.models import Phase
from portal.incidents.views.status.drawing import draw, in_words
from portal.incidents.views.status.facts import (
    IncidentFacts,
    StatusFacts,
    good_for,
    read_incident,
    read_status,
)
from portal.incidents.views.status.known import Known, LastKnown
from portal.incidents.views.status.summary import summary_of

blueprint = Blueprint("status", "portal.incidents", template_folder="templates")
EXTENSION = "portal.status"
CANNOT_BE_READ = (SQLAlchemyError, OSError, ValueError, LookupError, TypeError)
"""LookupError and ValueError: a row holds what it can't hold."""
RETRY_SECONDS = "10"
Facts = TypeVar("Facts", StatusFacts, IncidentFacts)

PHASES = {
    Phase.INVESTIGATING: "Investigating: we are looking for the cause",
    Phase.IDENTIFIED: "Identified: the cause is known, we are working on it",
    Phase.MONITORING: "Monitoring: it should be over, we are watching it",
    Phase.RESOLVED: "Resolved",
    Phase.SCHEDULED: "Scheduled",
    Phase.UNDER_WAY: "Under way",
    Phase.DONE: "Done",
    Phase.CANCELLED: "Cancelled",
}


class Status:
    """What this process remembers; the first page apart, so that nothing displaces it."""

    def __init__(self, version: Callable[[], Hashable | None]) -> None:
        self.version = version
        self.first = LastKnown[StatusFacts](CANNOT_BE_READ, _failed)
        self.more = LastKnown[StatusFacts](CANNOT_BE_READ, _failed)
        self.incidents = LastKnown[IncidentFacts](CANNOT_BE_READ, _failed)


def init_status(app: Flask, *, version: Callable[[], Hashable | None]) -> None:
    """`version`: of what ops says, if this request has asked for it."""
    app.extensions[EXTENSION] = Status(version)
    app.jinja_env.filters["in_utc"] = in_utc


@blueprint.get("/status")
def show_status() -> Response:
    number = max(1, request.args.get("page", 1, type=int))
    memory = _status().first if number == 1 else _status().more
    known = _known(memory, number, partial(read_status, number))
    if known is None:
        return _unreadable()
    at, facts = now(), known.facts
    return _answer(
        "status.html",
        known,
        facts=facts,
        at=at,
        summary=summary_of(facts, at, is_current=known.is_current),
        states={each.id: each.state_at(at) for each in facts.probes},
        drawings={each.id: draw(each.days) for each in facts.probes},
        words={each.id: in_words(each.days) for each in facts.probes},
    )


SLUG = re.compile(r"[a-z0-9-]{1,120}")


@blueprint.get("/status/incidents/<slug>")
def show_incident(slug: str) -> Response:
    if not SLUG.fullmatch(slug):
        return make_response(_rendered("missing.html"), 404)
    try:
        known = _known(_status().incidents, slug, partial(read_incident, slug))
    except NotFound:
        return make_response(_rendered("missing.html"), 404)
    if known is None:
        return _unreadable()
    return _answer("incident.html", known, incident=known.facts.incident, at=now())


def in_utc(at: datetime, today: datetime) -> str:
    """“14:02 UTC”, with the day if it is another one."""
    at = at.astimezone(UTC)
    year = f" {at.year}" if at.year != today.year else ""
    day = "" if at.date() == today.astimezone(UTC).date() else f"{at.day} {at:%B}{year}, "
    return f"{day}{at:%H:%M} UTC"


def _known(
    memory: LastKnown[Facts], key: Hashable, read: Callable[[], Facts]
) -> Known[Facts] | None:
    found = memory.get(key, read, version=_status().version(), seconds=good_for)
    db.session.rollback()
    return found


def _answer(template: str, known: Known[Facts], **values: Any) -> Response:
    response = make_response(_rendered(template, known=known, **values))
    if known.is_current:
        g.kept_seconds = good_for(known.facts)
    else:
        response.headers["Cache-Control"] = "no-store"
    return response


def _unreadable() -> Response:
    response = make_response(_rendered("unreadable.html"), 503)
    response.headers["Retry-After"] = RETRY_SECONDS
    response.headers["Cache-Control"] = "no-store"
    return response


def _rendered(template: str, **values: Any) -> str:
    page = current_app.jinja_env.get_template(f"status/{template}")
    return page.render(site_name=settings().site_name, phases=PHASES, **values)


def _failed(error: Exception) -> None:
    db.session.rollback()
    alarm_about_ops(error, settings(), "The status page could not be read")


def _status() -> Status:
    return cast(Status, current_app.extensions[EXTENSION])
