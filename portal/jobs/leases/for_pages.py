"""The leases that a page needs: the live ones, and that of the last worker."""

from datetime import UTC, datetime

from sqlalchemy import or_, select

from portal.jobs.models import Lease, LeaseKind

_LAST_WORKER = (
    select(Lease.uuid)
    .where(Lease.kind == LeaseKind.WORKER, Lease.expires_at > datetime(2000, 1, 1, tzinfo=UTC))
    .order_by(Lease.expires_at.desc())
    .limit(1)
    .scalar_subquery()
)
FOR_PAGES = (
    select(Lease)
    .where(or_(Lease.ended_at.is_(None), Lease.uuid == _LAST_WORKER))
    .order_by(Lease.started_at)
)
"""The live ones, and that of the last worker, which pages name: in one statement."""
