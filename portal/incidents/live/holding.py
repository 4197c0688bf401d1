"""Holding back an update before it leaves: nothing of it is sent or shown. The caller commits."""

from portal.accounts.models import Account
from portal.audit.service import record
from portal.core.clock import now
from portal.core.errors import Conflict
from portal.core.storage.database import db, update_one
from portal.incidents.live.models import IncidentUpdate
from portal.incidents.live.updates import changed, narrow

LEFT = "This update has left: what it says can be corrected by another one."


def hold_update(update: IncidentUpdate, *, by: Account) -> None:
    """Raises Conflict once it has left; does nothing if somebody held it back already.

    The one who calls it withdraws its messages in the same transaction:
    `portal.emails.live_updates.queueing.withdraw_held`.
    """
    if update.held_at:
        return
    moved = update_one(
        IncidentUpdate,
        IncidentUpdate.id == update.id,
        IncidentUpdate.held_at.is_(None),
        IncidentUpdate.leaves_at > now(),
        values={"held_at": now(), "held_by": by.name},
    )
    if not moved:
        raise Conflict(LEFT)
    db.session.refresh(update)
    narrow(update.incident)
    changed(update.incident)
    record(
        "incident.held",
        update,
        by=by,
        target=f"incidents/{update.incident.slug}",
        details={"number": update.number},
    )
