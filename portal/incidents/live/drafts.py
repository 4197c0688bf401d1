"""Drafts of incidents that probes open, and what follows of the outage on them.

Nothing here publishes, resolves or discards an incident: only a person does. The caller commits.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import count

from sqlalchemy import select

from portal.audit.actor import SYSTEM, Actor
from portal.audit.service import record
from portal.core.storage.database import db
from portal.documents.audiences.audience import Audience
from portal.incidents.live.models import LiveIncident, Phase
from portal.incidents.parsing.vocabulary import Severity

LONGEST_SLUG = 60


@dataclass(frozen=True)
class DraftWords:
    """What the probes say: a draft still has these words if no person edited it."""

    title: str
    severity: Severity
    affected: Sequence[str]


def open_draft(
    words: DraftWords, *, outage_id: int, started_at: datetime, detected_at: datetime
) -> LiveIncident:
    """For staff alone until a person publishes it, and for whom they choose."""
    draft = LiveIncident(
        slug=_free_slug(words.title, started_at),
        title=words.title,
        severity=words.severity,
        phase=Phase.INVESTIGATING,
        audience=Audience.INTERNAL,
        clients=[],
        affected=list(words.affected),
        started_at=started_at,
        detected_at=detected_at,
        opened_at=detected_at,
        opened_by=SYSTEM.name,
        outage_id=outage_id,
    )
    db.session.add(draft)
    db.session.flush()
    target, details = f"incidents/{draft.slug}", {"outage": outage_id}
    record("incident.drafted", draft, by=SYSTEM, target=target, details=details)
    return draft


def reword_draft(incident_id: int | None, *, was: DraftWords, becomes: DraftWords) -> None:
    """Say the deeper cause, unless a person has edited, published or discarded the draft."""
    draft = _incident(incident_id)
    if draft is None or not draft.is_draft or draft.is_over or was == becomes:
        return
    if (draft.title, draft.severity, draft.affected) != (was.title, was.severity, [*was.affected]):
        return
    draft.title, draft.severity, draft.affected = (
        becomes.title,
        becomes.severity,
        [*becomes.affected],
    )
    draft.version += 1


def note_acknowledged(incident_id: int | None, *, by: Actor, at: datetime) -> None:
    """The first acknowledgement counts; who gives it leads if no one does."""
    draft = _incident(incident_id)
    if draft is None or draft.is_over:
        return
    if draft.acknowledged_at is None:
        draft.acknowledged_at, draft.acknowledged_by = at, by.name
    if draft.lead_id is None and draft.lead is None:
        draft.lead_id, draft.lead = by.id, by.name


def note_outage_ended(incident_id: int | None, *, at: datetime) -> None:
    """The probes are up again. Whether it is resolved is for a person to say."""
    draft = _incident(incident_id)
    if draft is not None and not draft.is_over and draft.mitigated_at is None:
        draft.mitigated_at = at


def note_outage_returned(incident_id: int | None, *, ended_at: datetime) -> None:
    """Takes back what `note_outage_ended` said then; a person's own time is kept."""
    draft = _incident(incident_id)
    if draft is not None and not draft.is_over and draft.mitigated_at == ended_at:
        draft.mitigated_at = None


def is_closed(incident_id: int | None) -> bool:
    """Whether a person resolved or discarded it: what goes down again needs another one."""
    incident = _incident(incident_id)
    return incident is None or incident.is_over


def _incident(incident_id: int | None) -> LiveIncident | None:
    return db.session.get(LiveIncident, incident_id) if incident_id is not None else None


def _free_slug(title: str, at: datetime) -> str:
    words = re.sub(r"[^a-z0-9]+", "-", title.casefold()).strip("-")[:LONGEST_SLUG].strip("-")
    slug = f"{at:%Y-%m-%d}-{words or 'outage'}"
    query = select(LiveIncident.slug).where(LiveIncident.slug.startswith(slug, autoescape=True))
    taken = set(db.session.scalars(query))
    if slug not in taken:
        return slug
    return next(each for number in count(2) if (each := f"{slug}-{number}") not in taken)
