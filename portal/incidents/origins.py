"""What was recorded while an incident went on, each with its page in the control room.

Of the audit log, runs and operations only what was done is taken: no names, addresses, details or
typed words. Other features add theirs (`portal.monitoring.origins`, `portal.emails.origins`).
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import contains_eager

from portal.audit.models import AuditEntry
from portal.audit.reading.sentences import in_words
from portal.core.clock import now
from portal.core.storage.database import db
from portal.documents.audiences.audience import Audience
from portal.incidents.live.models import IncidentUpdate, LiveIncident
from portal.jobs.models import Operation
from portal.runbooks.models import Run, RunEvent

MOST = 200
"""Lines from one source; a line says where there are more."""
READINGS = ("audit.read", "report.read", "login.", "access.", "export.")


@dataclass(frozen=True)
class Origin:
    """One line; `address` is the path of its page in the control room."""

    at: datetime
    text: str
    address: str


@dataclass(frozen=True)
class Scope:
    """The incident's time, and the databases that it is about."""

    slug: str
    since: datetime
    until: datetime
    targets: frozenset[str]

    def covers(self, at: datetime | None) -> bool:
        return at is not None and self.since <= at <= self.until


def scope_of(incident: LiveIncident, *, targets: Collection[str]) -> Scope:
    """From the first of its known times until it was resolved; until now while it goes on."""
    known = (incident.started_at, incident.detected_at, incident.opened_at)
    since = min(at for at in known if at)
    until = max(since, incident.resolved_at or now())
    return Scope(incident.slug, since, until, frozenset(targets))


def origins_in_ops(incident: LiveIncident, scope: Scope) -> list[Origin]:
    """From updates, runs, operations and the audit log."""
    sources = (_updates(incident), _runs(scope), _operations(scope), _audit(scope))
    return [origin for lines in sources for origin in lines]


def limited(origins: Iterable[Origin], *, more: str) -> list[Origin]:
    """`more` is the page that shows the rest."""
    found = sorted(origins, key=lambda each: each.at)
    if len(found) <= MOST:
        return found
    rest = Origin(found[MOST].at, f"{len(found) - MOST} further entries", more)
    return [*found[:MOST], rest]


def readers_of(incident: LiveIncident, update: IncidentUpdate) -> tuple[Audience, list[str]]:
    """Who reads an update: those for whom both it and the incident are; staff alone before it has
    left.

    `clients` are the only ones; empty if it is not limited.
    """
    if not update.has_left or incident.published_at is None or incident.discarded_at is not None:
        return Audience.INTERNAL, []
    order = list(Audience)
    audience = max(update.audience, incident.audience, key=order.index)
    limits = [set(each) for each in (update.clients, incident.clients) if each]
    named = sorted(set.intersection(*limits)) if limits else []
    if audience is Audience.INTERNAL or (limits and not named):
        return Audience.INTERNAL, []
    return (Audience.CLIENTS if named else audience), named


def _updates(incident: LiveIncident) -> list[Origin]:
    address = f"/ops/incidents/live/{incident.slug}"
    found = []
    for update in incident.updates:
        readers, named = readers_of(incident, update)
        who = ", ".join(named) or {Audience.INTERNAL: "staff", Audience.PUBLIC: "everybody"}.get(
            readers, "clients"
        )
        held = "; it was held back" if update.held_at else ""
        text = f"Update {update.number} ({update.phase}), for {who}{held}"
        found.append(Origin(update.happened_at, text, address))
    return found


def _runs(scope: Scope) -> list[Origin]:
    query = (
        select(RunEvent)
        .join(RunEvent.run)
        .options(contains_eager(RunEvent.run))
        .where(
            RunEvent.at.between(scope.since, scope.until),
            Run.target.in_(scope.targets),
        )
        .order_by(RunEvent.id)
        .limit(MOST * 2)
    )
    return limited(map(_of_run, db.session.scalars(query)), more="/ops/runs")


def _of_run(event: RunEvent) -> Origin:
    step = f", step {event.step_id}" if event.step_id else ""
    text = f"Run {event.run_id} of {event.run.runbook_id}: {in_words(event.action)}{step}"
    return Origin(event.at, text, f"/ops/runs/{event.run_id}")


def _operations(scope: Scope) -> list[Origin]:
    query = (
        select(Operation)
        .where(Operation.target.in_(scope.targets), Operation.requested_at <= scope.until)
        .where(Operation.finished_at.is_(None) | (Operation.finished_at >= scope.since))
        .order_by(Operation.id)
        .limit(MOST * 2)
    )
    found = []
    for row in db.session.scalars(query):
        name, address = f"{row.kind} on {row.target}", f"/ops/operations/{row.id}"
        if row.started_at and scope.covers(row.started_at):
            found.append(Origin(row.started_at, f"Operation {row.id} began: {name}", address))
        if row.finished_at and scope.covers(row.finished_at):
            text = f"Operation {row.id} ended, {row.state}: {name}"
            found.append(Origin(row.finished_at, text, address))
    return limited(found, more="/ops/operations")


def _audit(scope: Scope) -> list[Origin]:
    query = (
        select(
            *(AuditEntry.seq, AuditEntry.at, AuditEntry.action, AuditEntry.outcome),
            *(AuditEntry.target, AuditEntry.actor_role),
        )
        .where(
            AuditEntry.at.between(scope.since, scope.until),
            AuditEntry.target.in_([*scope.targets, f"incidents/{scope.slug}"]),
        )
        .order_by(AuditEntry.seq)
        .limit(MOST * 2)
    )
    rows = [row for row in db.session.execute(query) if not row.action.startswith(READINGS)]
    found = [
        Origin(
            row.at,
            f"{in_words(row.action).capitalize()}, {row.outcome}, by {row.actor_role}:"
            f" {row.target}",
            f"/ops/audit/{row.seq}",
        )
        for row in rows
    ]
    return limited(found, more="/ops/audit")
