"""Acknowledging an outage: a person has seen it, and the notices stop."""

from contextlib import suppress

from sqlalchemy import select

from portal.accounts.models import Account
from portal.audit.service import record
from portal.core.clock import now
from portal.core.errors import Conflict
from portal.core.storage.database import db, update_one
from portal.incidents.live.drafts import note_acknowledged
from portal.monitoring.outages.models import Outage


def acknowledge(outage: Outage, *, by: Account) -> None:
    """Raises Conflict if it is over, or someone was faster. The caller commits."""
    at = now()
    if not update_one(
        Outage,
        Outage.id == outage.id,
        Outage.acknowledged_at.is_(None),
        Outage.ended_at.is_(None),
        values={
            "acknowledged_at": at,
            "acknowledged_by_id": by.id,
            "acknowledged_by": by.name,
            "next_notice_at": None,
        },
    ):
        db.session.refresh(outage)
        raise Conflict(_why_not(outage))
    note_acknowledged(outage.incident_id, by=by, at=at)
    record("outage.acknowledged", outage, by=by, target=outage.target)


def acknowledge_with_incident(incident_id: int, *, by: Account) -> None:
    """For a person who acts on the draft of an outage: they have seen it, so the notices stop."""
    query = select(Outage).where(
        Outage.incident_id == incident_id,
        Outage.acknowledged_at.is_(None),
        Outage.ended_at.is_(None),
    )
    for outage in db.session.scalars(query).all():
        with suppress(Conflict):  # it ended, or somebody was faster
            acknowledge(outage, by=by)


def _why_not(outage: Outage) -> str:
    if outage.acknowledged_by:
        return f"{outage.acknowledged_by} has acknowledged it already."
    return "It is over: there is nothing to acknowledge any more."
