"""One change to be carried out, and what was committed of it."""

from dataclasses import dataclass

from portal.core.storage.database import JsonDict
from portal.databases.changes.models import Plan, Ticket
from portal.databases.migrations.invariants.measure import Measured
from portal.databases.targets.config import Target


@dataclass(frozen=True)
class Change:
    """A change to carry out. `key` identifies it in the journal; only production has a ticket."""

    target: Target
    key: str
    to_revision: str
    ticket: Ticket | None = None

    @property
    def plan(self) -> Plan | None:
        return self.ticket.plan if self.ticket else None

    @property
    def seal(self) -> str:
        return self.ticket.seal if self.ticket else ""

    @property
    def codes(self) -> dict[str, str]:
        """The digest of each revision's code, by revision, as it was rehearsed and sealed."""
        planned = self.plan.revisions if self.plan else []
        return {each["id"]: each["code"] for each in planned if each.get("code")}


@dataclass(frozen=True)
class Applied:
    """What was committed. `unnamed`: objects that were removed or changed without an operation that
    names them; None for a change that was found in the journal later."""

    from_revision: str | None
    to_revision: str
    seconds: float
    invariants: Measured
    rows: dict[str, int]
    schema_digest: str
    schema_objects: dict[str, str]
    unnamed: list[JsonDict] | None = None

    def as_json(self, sentence: str) -> JsonDict:
        return {
            "sentence": sentence,
            "from": self.from_revision,
            "to": self.to_revision,
            "seconds": round(self.seconds, 3),
            "invariants": self.invariants,
            "rows": self.rows,
            "schema_digest": self.schema_digest,
            "unnamed": self.unnamed,
        }
