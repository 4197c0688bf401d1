"""Drift: the schema as it is, against the one that the last change left, object by object."""

import hashlib
from dataclasses import dataclass

from sqlalchemy import Connection

from portal.audit.actor import Actor
from portal.audit.service import record
from portal.core.errors import Conflict, Refusal, Refused
from portal.databases.engines import engine_for
from portal.databases.engines.base import DatabaseEngine
from portal.databases.holding import require_unheld
from portal.databases.identity import judge
from portal.databases.models import RegisteredTarget
from portal.databases.overrides import require_admin, required_reason
from portal.databases.registry import note_state, registered_target
from portal.databases.revisions import current_revision
from portal.databases.targets import Target

NAMED_AT_MOST = 3


@dataclass(frozen=True)
class Difference:
    """One object of the schema: what the last change left, and what is there; None for nothing."""

    name: str
    was: str | None
    found: str | None

    @property
    def words(self) -> str:
        if self.was is None:
            return f"{self.name} was added"
        return f"{self.name} was {'dropped' if self.found is None else 'changed'}"


@dataclass(frozen=True)
class Drift:
    """The schema is not the recorded one. `differences` is empty where only a digest was kept."""

    differences: list[Difference]

    @property
    def sentence(self) -> str:
        named = [each.words for each in self.differences[:NAMED_AT_MOST]]
        if (more := len(self.differences) - len(named)) > 0:
            named.append(f"{more} more")
        what = "; ".join(named) or "what exactly was not recorded"
        return f"The schema was changed by hand since the last change: {what}."


def digest_of_names(engine: DatabaseEngine, connection: Connection) -> str:
    """A hash over which objects there are, and not over their text.

    A rebuild may write a table's constraints in another order each time.
    """
    names = sorted(engine.schema_objects(connection))
    return hashlib.sha256("\n".join(names).encode()).hexdigest()


def drift_of(target: Target, connection: Connection) -> Drift | None:
    """What differs from the record; None when nothing does, or nothing was recorded."""
    known = registered_target(target.name)
    if known is None or known.schema_digest is None:
        return None
    engine = engine_for(target.url)
    if engine.schema_digest(connection) == known.schema_digest:
        return None
    return Drift(_differences(known, engine.schema_objects(connection)))


def require_no_drift(target: Target, connection: Connection | None = None) -> None:
    """Raises Refused, naming the objects, when somebody changed the schema by hand."""
    if connection is None:
        with engine_for(target.url).reading() as opened:
            return require_no_drift(target, opened)
    if drift := drift_of(target, connection):
        raise Refused(
            drift.sentence,
            way_out=(
                "Undo it by hand, or an admin accepts it with a reason on the databases page or"
                f" with: flask databases accept-drift {target.name}"
            ),
            refusal=Refusal("migration.refused", target.name, {"drift": len(drift.differences)}),
        )
    return None


def accept_drift(target: Target, *, reason: str, by: Actor) -> Drift:
    """Take the schema as it is for the one to compare with. Raises Forbidden, Invalid, Conflict."""
    require_admin(target, "drift.accepted", by=by)
    reason = required_reason(reason)
    sentence = f"The schema of {target.name} is not accepted while a change runs that compares it"
    require_unheld(target.name, "drift.accepted", sentence)
    judgement = judge(target)
    if not judgement.fits:
        raise Refused(judgement.sentence, way_out=judgement.way_out)
    engine = engine_for(target.url)
    with engine.reading() as connection:
        drift = drift_of(target, connection)
        if drift is None:
            raise Conflict(f"The schema of {target.name} is the recorded one.")
        note_state(
            target.name,
            revision=current_revision(connection),
            schema_digest=engine.schema_digest(connection),
            schema_objects=engine.schema_objects(connection),
        )
    record(
        "drift.accepted",
        by=by,
        target=target.name,
        details={"objects": "; ".join(each.words for each in drift.differences)},
        reason=reason,
    )
    return drift


def _differences(known: RegisteredTarget, found: dict[str, str]) -> list[Difference]:
    if known.schema_objects is None:
        return []
    names = sorted(known.schema_objects.keys() | found.keys())
    compared = [Difference(name, known.schema_objects.get(name), found.get(name)) for name in names]
    return [each for each in compared if each.was != each.found]
