"""Plans: a rehearsed and locked change. People approve the plan hash (`seal`), over all of it."""

import hashlib
import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, func, select, update

from portal.audit.actor import Actor
from portal.audit.service import record
from portal.core.clock import now
from portal.core.errors import Conflict, Refusal, Refused
from portal.core.storage.between_pages import cached_until_commit
from portal.core.storage.database import JsonDict, db
from portal.databases.backups.models import Backup
from portal.databases.changes.models import Plan, Ticket, TicketState
from portal.databases.engines import engine_for
from portal.databases.migrations.history import current_revision
from portal.databases.targets.config import Target, target_named
from portal.databases.targets.identity_label import read_label
from portal.jobs.leases.clocks import require_past

LASTS = timedelta(hours=24)


@dataclass(frozen=True)
class Rehearsal:
    """What a change did to a restored copy: measured, not estimated."""

    from_revision: str | None
    to_revision: str
    revisions: list[dict[str, Any]]
    statements: list[str]
    schema_digest: str
    invariants: list[dict[str, Any]]
    counts: dict[str, Any]
    warnings: list[str]
    seconds: float
    way_back: str
    schema_after: str | None = None
    findings: list[JsonDict] | None = None
    objects: JsonDict | None = None


def seal_plan(
    target: Target, backup: Backup, rehearsal: Rehearsal, *, by: Actor, run: str | None = None
) -> Plan:
    """Store the rehearsed change as the plan of a run; earlier plans of the target are voided."""
    void_plans(target.name, because="A new plan was locked.", by=by)
    plan = Plan(
        target=target.name,
        database_uuid=backup.database_uuid,
        from_revision=rehearsal.from_revision,
        to_revision=rehearsal.to_revision,
        revisions=rehearsal.revisions,
        statements=rehearsal.statements,
        schema_digest=rehearsal.schema_digest,
        invariants=rehearsal.invariants,
        counts=rehearsal.counts,
        warnings=rehearsal.warnings,
        rehearsal_seconds=rehearsal.seconds,
        way_back=rehearsal.way_back,
        schema_after=rehearsal.schema_after,
        findings=rehearsal.findings,
        objects=rehearsal.objects,
        backup=backup,
        run=run,
        sealed_by=by.name,
        sealed_by_id=by.id,
        sealed_at=now(),
        expires_at=now() + LASTS,
    )
    plan.seal = seal_of(plan)
    db.session.add(plan)
    record(
        "plan.sealed",
        plan.seal,
        by=by,
        target=target.name,
        details={"from": plan.from_revision, "to": plan.to_revision, "backup": backup.name},
    )
    return plan


@dataclass(frozen=True)
class Facts:
    """The state of the database and of the revisions' files at one moment."""

    database_uuid: str
    from_revision: str | None
    schema_digest: str
    files: list[str]


def seal_of(plan: Plan) -> str:
    """The hash over the plan as it is stored."""
    return recompute(plan, _sealed_facts(plan))


def recompute(plan: Plan, facts: Facts) -> str:
    """The hash over the same plan with the present database and files."""
    fields = json.dumps(sealed_fields(plan, facts), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(fields.encode()).hexdigest()


def sealed_fields(plan: Plan, facts: Facts) -> JsonDict:
    """The input of the hash, so that it can be recomputed by hand."""
    return {
        "backup": [plan.backup.name, plan.backup.sha256],
        "database": facts.database_uuid,
        "files": facts.files,
        "from": facts.from_revision,
        **({} if plan.objects is None else {"objects": plan.objects}),
        "revisions": [each["id"] for each in plan.revisions],
        "schema": facts.schema_digest,
        "statements": plan.statements,
        "to": plan.to_revision,
    }


def present_facts(plan: Plan, connection: Connection) -> Facts:
    """Read the facts again. Files are read from the disk, not from Python's loaded modules."""
    label, target = read_label(connection), target_named(plan.target)
    return Facts(
        database_uuid=label.database_uuid if label else "",
        from_revision=current_revision(connection),
        schema_digest=engine_for(target.url).structure_digest(connection, plan.schema_digest),
        files=[
            *(target.history.revision(each["id"]).sha256 for each in plan.revisions),
            *(target.history.env_sha256 for each in plan.revisions if "env" in each),
        ],
    )


def require_unchanged(plan: Plan, connection: Connection) -> None:
    """Raises Refused if the database or a revision's file differs from the locked plan.

    `connection` must hold the target's lock, so that the answer stays true.
    """
    present = present_facts(plan, connection)
    if seal_of(plan) == recompute(plan, present) == plan.seal:
        return
    raise Refused(
        f"The plan no longer matches: {_what_changed(plan, present)}",
        remedy="Prepare the change again.",
        refusal=Refusal("migration.started", plan.target, {"seal": plan.seal}),
    )


def plan_of_run(run: str) -> Plan | None:
    """The newest plan of a run that isn't void."""
    query = select(Plan).where(Plan.run == run, Plan.voided_because.is_(None))
    return db.session.scalar(query.order_by(Plan.id.desc()).limit(1))


def newest_plan(target: str) -> Plan | None:
    return _newest_plans().get(target)


@cached_until_commit()
def _newest_plans() -> dict[str, Plan]:
    """The newest plans by target, in one query."""
    newest = select(func.max(Plan.id)).group_by(Plan.target)
    return {
        each.target: each for each in db.session.scalars(select(Plan).where(Plan.id.in_(newest)))
    }


def require_open(plan: Plan) -> None:
    """Raises Conflict if the plan was used, voided or has expired."""
    if plan.used_at:
        raise Conflict("This plan was carried out already.", remedy="A plan is good for once.")
    if plan.voided_because:
        raise Conflict(f"This plan is void: {plan.voided_because}", remedy="Prepare it again.")
    require_past("the plan was locked", plan.sealed_at)
    if not plan.is_open:
        raise Conflict("This plan is older than a day.", remedy="Prepare the change again.")


def void_plans(target: str, *, because: str, by: Actor, run: str | None = None) -> None:
    """Void the open plans of a target (or of one run), with their tickets."""
    query = select(Plan).where(
        Plan.target == target, Plan.used_at.is_(None), Plan.voided_because.is_(None)
    )
    plans = list(db.session.scalars(query.where(Plan.run == run) if run else query))
    for plan in plans:
        plan.voided_because = because
        record("plan.voided", plan.seal, by=by, target=target, reason=because)
    db.session.flush()
    db.session.execute(
        update(Ticket)
        .where(Ticket.plan_id.in_([plan.id for plan in plans]), Ticket.state != TicketState.USED)
        .values(state=TicketState.VOID, voided_because=because)
    )


def _sealed_facts(plan: Plan) -> Facts:
    return Facts(
        database_uuid=plan.database_uuid,
        from_revision=plan.from_revision,
        schema_digest=plan.schema_digest,
        files=[
            *(each["sha256"] for each in plan.revisions),
            *(each["env"] for each in plan.revisions if "env" in each),
        ],
    )


def _what_changed(plan: Plan, present: Facts) -> str:
    sealed = _sealed_facts(plan)
    if present.database_uuid != sealed.database_uuid:
        return "another database answers at this address."
    if present.from_revision != sealed.from_revision:
        return f"the database is at revision {present.from_revision} by now."
    if present.schema_digest != sealed.schema_digest:
        return "the database's schema was changed since."
    if present.files != sealed.files:
        return "a revision's file was edited after the plan was locked, or env.py."
    return "the stored plan was edited."
