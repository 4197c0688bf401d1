"""Rows of live incidents and probes, as the control room writes them."""

from datetime import datetime, timedelta
from itertools import count
from typing import Any

from portal.core.clock import now
from portal.core.storage.database import db
from portal.documents.audiences.audience import Audience
from portal.incidents.live.models import IncidentUpdate, LiveIncident, Phase
from portal.incidents.parsing.vocabulary import Severity
from portal.monitoring.probes.models import Probe, ProbeKind, ProbeSpan, ProbeState

HOUR = timedelta(hours=1)
_numbers = count(1)


def make_incident(slug: str, **given: Any) -> LiveIncident:
    """Published, for everybody, without updates."""
    at = now()
    values = {
        "title": f"Title of {slug}",
        "severity": Severity.MAJOR,
        "phase": Phase.INVESTIGATING,
        "audience": Audience.PUBLIC,
        "started_at": at - HOUR,
        "opened_at": at - HOUR,
        "opened_by": "Omar",
        "published_at": at - HOUR,
        **given,
    }
    row = LiveIncident(slug=slug, **values)
    db.session.add(row)
    db.session.flush()
    return row


def make_update(incident: LiveIncident, text: str, **given: Any) -> IncidentUpdate:
    """For everybody; it has left a minute ago."""
    at = now() - timedelta(minutes=1)
    number = next(_numbers)
    values = {
        "number": number,
        "phase": incident.phase,
        "audience": Audience.PUBLIC,
        "happened_at": at,
        "created_at": at,
        "created_by": "Omar",
        "leaves_at": at,
        "once_key": f"{incident.slug}-{number}",
        **given,
    }
    row = IncidentUpdate(incident=incident, text=text, **values)
    db.session.add(row)
    db.session.flush()
    return row


def make_probe(name: str | None, *, measured_at: datetime | None = None, **given: Any) -> Probe:
    """Up, measured now, unless said."""
    key = given.pop("key", f"home:production-{next(_numbers)}")
    row = Probe(
        key=key,
        kind=given.pop("kind", ProbeKind.HOME),
        target=given.pop("target", "production"),
        public_name=name,
        state=given.pop("state", ProbeState.UP),
        state_since=now() - HOUR,
        measured_at=measured_at or now(),
        **given,
    )
    db.session.add(row)
    db.session.flush()
    return row


def make_span(probe: Probe, state: ProbeState, began: datetime, until: datetime) -> ProbeSpan:
    row = ProbeSpan(probe_id=probe.id, state=state, began_at=began, until_at=until)
    db.session.add(row)
    db.session.flush()
    return row
