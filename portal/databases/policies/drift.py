"""Drift: the present schema against the one that the last change left, object by object.

What belongs to the database's place counts as well: owners, grants, row security, settings. A
record of an earlier release is compared by that release's rule, and what it left out is reported as
not compared, until a change, a restore or an admin who accepts it records the schema again.
"""

import hashlib
import json
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, exists, inspect, select
from sqlalchemy.orm import aliased

from portal.audit.actor import Actor
from portal.audit.models import AuditEntry, Outcome
from portal.audit.service import record
from portal.core.errors import Conflict, Refusal, Refused
from portal.core.storage.database import db
from portal.databases.engines import engine_for
from portal.databases.engines.base import DatabaseEngine
from portal.databases.policies.held import require_unheld
from portal.databases.policies.overrides import require_admin, required_reason
from portal.databases.targets.config import Target
from portal.databases.targets.identity import require_fit
from portal.databases.targets.models import RegisteredTarget
from portal.databases.targets.registry import (
    note_state,
    ops_required,
    record_schema,
    registered_target,
)

NAMED_AT_MOST = 3
SCHEMA_RECORDED = (
    *("migration.finished", "restore.finished", "sync.finished", "drift.withdrawn"),
    *("target.created", "target.adopted", "drift.accepted"),
)
"""Actions after which an earlier accepted drift says nothing of a database any more."""
NOT_COMPARED = (
    "Owners, grants, row security, settings, disabled checks and event triggers are not compared"
    " yet: the record is an earlier release’s."
)
VALUES_SHOWN = ("owner of ", "row security of ")
TRIGGERS, OFF = ("trigger ", "event trigger "), "|disabled"
GRAVE = (
    *("event trigger ", "disabled foreign keys of ", "setting session_replication_role"),
    *("row security of ", "policy "),
)
OF_A_PLACE = (
    *("owner of ", "grant on ", "default grant of ", "disabled foreign keys of ", "setting "),
    *("event trigger ", "publication ", "subscription "),
)
"""Prefixes of the names of objects that dumps don't carry."""

OF_TABLES = ("table ", "view ", "materialized view ", "foreign table ", "sequence ")


@dataclass(frozen=True)
class Difference:
    """One object of the schema: what the last change left, and what is there; None if missing."""

    name: str
    was: str | None
    found: str | None

    @property
    def words(self) -> str:
        if self.was is None:
            return f"{self.name} was added"
        if self.found is None:
            return f"{self.name} was dropped"
        if self.name.startswith(VALUES_SHOWN):
            return f"{self.name} was changed from {self.was} to {self.found}"
        if self.is_switched_off:
            return f"{self.name} was disabled"
        return f"{self.name} was changed"

    @property
    def is_switched_off(self) -> bool:
        was, found = self.was or "", self.found or ""
        return self.name.startswith(TRIGGERS) and found == was.rpartition("|")[0] + OFF

    @property
    def is_grave(self) -> bool:
        """Lost protection, which is named first."""
        return self.is_switched_off or self.name.startswith(GRAVE)

    @property
    def relation(self) -> str | None:
        """The name of the table or view that was added or dropped as a whole."""
        is_whole = self.was is None or self.found is None
        kind = next((each for each in OF_TABLES if self.name.startswith(each)), None)
        return self.name.removeprefix(kind) if kind and is_whole else None

    def is_part_of(self, relation: str) -> bool:
        """Whether it is implied by the table that was added or dropped."""
        of = self.name
        for kind in ("owner of ", "grant on ", "row security of "):
            of = of.removeprefix(kind)
        kind, _, rest = of.partition(" ")
        if kind in {"column", "constraint", "trigger", "rule", "policy"}:
            return rest.startswith(f"{relation}.")
        of = next((of.removeprefix(each) for each in OF_TABLES if of.startswith(each)), of)
        return self.relation is None and (of == relation or of.startswith(f"{relation} to "))


@dataclass(frozen=True)
class Drift:
    """The schema is not the recorded one. `differences` is empty if only a digest was stored."""

    differences: list[Difference]

    @property
    def sentence(self) -> str:
        worth = _worth_naming(self.differences)
        named = [each.words for each in worth[:NAMED_AT_MOST]]
        if (more := len(worth) - len(named)) > 0:
            named.append(f"{more} more")
        what = "; ".join(named) or "what exactly was not recorded"
        return f"The schema was changed by hand since the last change: {what}."


def digest_of_names(engine: DatabaseEngine, connection: Connection, like: str | None = None) -> str:
    """A hash over which objects exist, and not over their text.

    A rebuild may write a table's constraints in another order each time. `like`: see the engine.
    """
    names = sorted(engine.structure_objects(connection, like))
    return hashlib.sha256("\n".join(names).encode()).hexdigest()


def drift_of(target: Target, connection: Connection) -> Drift | None:
    """What differs from the record; None if nothing does, or nothing was recorded."""
    known = registered_target(target.name)
    if known is None or known.schema_digest is None:
        return None
    engine, record_of = engine_for(target.url), known.schema_digest
    if engine.schema_digest(connection, record_of) == record_of:
        return None
    found = engine.schema_objects(connection, record_of)
    with ops_required():  # reads the record, which may be corrupt
        return Drift(_differences(known, found))


def not_compared(target: Target) -> str | None:
    """One sentence while the record is of an earlier release, which compared less; else None."""
    known = registered_target(target.name)
    if known is None or known.schema_digest is None:
        return None
    return None if engine_for(target.url).covers_all(known.schema_digest) else NOT_COMPARED


def differs_in_structure(target: Target, connection: Connection) -> bool:
    """Whether tables and the like differ from the record: a grant given since is no reason to roll
    a change back. True if there is no record.
    """
    known = registered_target(target.name)
    if known is None or known.schema_digest is None:
        return True
    engine, record_of = engine_for(target.url), known.schema_digest
    if engine.schema_digest(connection, record_of) == record_of:
        return False
    if known.schema_objects is None:
        return True
    structure = engine.structure_objects(connection, record_of)
    return any(not each.name.startswith(OF_A_PLACE) for each in _differences(known, structure))


def note_own_change(target: Target, before: dict[str, str], after: dict[str, str]) -> None:
    """Rights that the product itself changed are not drift; other differences remain drift."""
    known, engine = registered_target(target.name), engine_for(target.url)
    if known is None or known.schema_digest is None or known.schema_objects is None:
        return
    if not engine.covers_all(known.schema_digest) or before == after:
        return
    objects = dict(known.schema_objects)
    for name in before.keys() | after.keys():
        if before.get(name) != after.get(name):
            objects.pop(name, None)
            objects |= {name: after[name]} if name in after else {}
    digest = engine.digest_of(objects)
    note_state(target.name, revision=known.revision, schema_digest=digest, schema_objects=objects)


def require_no_drift(target: Target, connection: Connection | None = None) -> None:
    """Raises Refused, naming the objects, if the schema was changed by hand."""
    if connection is None:
        with engine_for(target.url).reading() as opened:
            return require_no_drift(target, opened)
    if drift := drift_of(target, connection):
        raise Refused(
            drift.sentence,
            remedy=(
                "Undo it by hand, or an admin accepts it with a reason on the databases page or"
                f" with: flask databases accept-drift {target.name}"
            ),
            refusal=Refusal("migration.refused", target.name, {"drift": len(drift.differences)}),
        )
    return None


def accept_drift(target: Target, *, reason: str, by: Actor) -> Drift:
    """Record the present schema as the one to compare with. Raises Forbidden, Invalid, Conflict."""
    require_admin(target, "drift.accepted", by=by)
    reason = required_reason(reason)
    sentence = f"The schema of {target.name} is not accepted while a change runs that compares it"
    require_unheld(target.name, "drift.accepted", sentence)
    require_fit(target)
    engine = engine_for(target.url)
    with engine.reading() as connection:
        drift, uncompared = drift_of(target, connection), not_compared(target)
        if drift is None and uncompared is None:
            raise Conflict(f"The schema of {target.name} is the recorded one.")
        drift, before = drift or Drift([]), recorded_digest(target)
        record_schema(target.name, connection, engine)
    record(
        "drift.accepted",
        by=by,
        target=target.name,
        details={
            "objects": "; ".join(each.words for each in drift.differences),
            "record": before,
            **({"first_compared": True} if uncompared else {}),
        },
        reason=reason,
    )
    return drift


def withdraw_acceptance(target: Target, number: int, *, by: Actor) -> None:
    """What was accepted counts as drift again, until it is undone or accepted. `number`: of the
    acceptance in the log. Raises Forbidden, or Conflict for one that has ended.
    """
    require_admin(target, "drift.withdrawn", by=by)
    sentence = f"The acceptance for {target.name} is not withdrawn while a change runs"
    require_unheld(target.name, "drift.withdrawn", sentence)
    known = registered_target(target.name)
    entry = db.session.scalar(select(AuditEntry).where(in_force(), AuditEntry.seq == number))
    if known is None or entry is None or entry.target != target.name:
        raise Conflict("This acceptance has ended already.")
    digest = json.loads(entry.canonical)["details"].get("record")
    if not digest:
        raise Conflict(
            "An earlier release accepted it, and did not keep what was recorded before.",
            remedy="The next change, restore or sync ends it.",
        )
    note_state(target.name, revision=known.revision, schema_digest=digest)
    details = {"acceptance": number}
    record("drift.withdrawn", by=by, target=target.name, details=details)


def in_force() -> ColumnElement[bool]:
    """The condition on an entry: an acceptance after which no schema of its database was
    recorded."""
    later = aliased(AuditEntry)
    since = exists().where(
        later.target == AuditEntry.target,
        later.seq > AuditEntry.seq,
        later.action.in_(SCHEMA_RECORDED),
        later.outcome == Outcome.DONE,
    )
    is_done = AuditEntry.outcome == Outcome.DONE
    return and_(AuditEntry.action == "drift.accepted", is_done, ~since)


def recorded_digest(target: Target) -> str | None:
    known = registered_target(target.name)
    return known.schema_digest if known else None


def _differences(known: RegisteredTarget, found: dict[str, str]) -> list[Difference]:
    objects = _recorded(known)
    if objects is None:
        return []
    names = sorted(objects.keys() | found.keys())
    compared = [Difference(name, objects.get(name), found.get(name)) for name in names]
    return [each for each in compared if each.was != each.found]


def _recorded(known: RegisteredTarget) -> dict[str, str] | None:
    """Rows that pages cache have all columns but this."""
    if not inspect(known).detached:
        return known.schema_objects
    of_target = RegisteredTarget.name == known.name
    return db.session.scalar(select(RegisteredTarget.schema_objects).where(of_target))


def _worth_naming(differences: list[Difference]) -> list[Difference]:
    """Lost protection first; without the parts of what was added or dropped as a whole."""
    wholes = {each.relation for each in differences if each.relation}
    worth = [each for each in differences if not any(each.is_part_of(whole) for whole in wholes)]
    return sorted(worth, key=lambda each: not each.is_grave)
