"""A checkpoint: the number of entries in the log, and the chain's value at the last one.

Stored outside of the machine it shows what the chain alone can't: that the log was truncated, or
rewritten as a whole.
"""

from dataclasses import dataclass

from sqlalchemy import Connection, select

from portal.audit.models import AuditEntry, AuditHead
from portal.core.errors import Invalid
from portal.core.storage.database import JsonDict


@dataclass(frozen=True)
class Checkpoint:
    entries: int
    chain: str

    def as_json(self) -> JsonDict:
        return {"entries": self.entries, "chain": self.chain}


def checkpoint_in(connection: Connection) -> Checkpoint:
    """The checkpoint of this ops database's log, in the connection's transaction."""
    return Checkpoint(*connection.execute(select(AuditHead.seq, AuditHead.chain)).one())


def checkpoint_from(fields: JsonDict) -> Checkpoint:
    """From JSON: a checkpoint, or a backup's manifest that contains one. Raises Invalid."""
    try:
        found = fields.get("checkpoint") or fields
        return Checkpoint(int(found["entries"]), str(found["chain"]))
    except (AttributeError, KeyError, TypeError, ValueError):
        raise Invalid("This holds no checkpoint of an audit log.") from None


def why_not_kept(connection: Connection, checkpoint: Checkpoint) -> str | None:
    """What the log has lost since the checkpoint, in one sentence; None if nothing."""
    if checkpoint.entries == 0:
        return None
    query = select(AuditEntry.chain).where(AuditEntry.seq == checkpoint.entries)
    chain = connection.scalar(query)
    if chain is None:
        return f"The log was cut short: there were {checkpoint.entries} entries at the checkpoint."
    if chain != checkpoint.chain:
        return f"The log was rewritten: entry {checkpoint.entries} isn't the checkpoint's."
    return None
