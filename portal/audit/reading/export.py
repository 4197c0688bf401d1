"""The log as JSON Lines, for verification without this product."""

import json
from collections.abc import Iterator

from sqlalchemy import select

from portal.audit.models import AuditEntry
from portal.core.storage.database import db

BATCH = 500
COLUMNS = (AuditEntry.seq, AuditEntry.canonical, AuditEntry.leaf, AuditEntry.chain)


def exported(*, up_to: int) -> Iterator[str]:
    """A line for each entry: `seq`, `canonical`, `leaf`, `chain`, everything that its hashes cover.

    Names, addresses and sessions are stored separately from the log, and are not exported.
    """
    last = 0
    while last < up_to:
        query = select(*COLUMNS).where(AuditEntry.seq > last, AuditEntry.seq <= up_to)
        rows = db.session.execute(query.order_by(AuditEntry.seq).limit(BATCH)).all()
        if not rows:
            return
        yield from (json.dumps(dict(row._mapping), ensure_ascii=False) for row in rows)
        last = rows[-1].seq
