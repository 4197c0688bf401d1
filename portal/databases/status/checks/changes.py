"""Changes that did not end well, decisions about the next one, and maintenance mode."""

from collections.abc import Iterator
from datetime import timedelta

from portal.core.clock import now
from portal.core.errors import PortalError
from portal.core.storage.database import db
from portal.databases.changes.automatic_rollback import (
    backup_failure,
    change_not_rolled_back,
    failure_and_rollback_hint,
    not_verified,
    unverified_change,
)
from portal.databases.changes.models import Plan, Ticket, TicketState
from portal.databases.engines import engine_for
from portal.databases.policies.maintenance import notice, require_announced
from portal.databases.policies.overrides import unused_overrides
from portal.databases.policies.windows import coming_windows
from portal.databases.status.checks.finding import CheckedTarget, Finding, fault, note
from portal.databases.status.overview import overview_of
from portal.databases.status.safeguards import layers_of
from portal.databases.targets.models import RegisteredTarget
from portal.jobs.leases.clocks import is_ahead
from portal.jobs.models import Operation
from portal.jobs.operations.exclusion import at_work_on

REPORTED_ELSEWHERE = {
    "Identity",
    "Clone detection",
    "Guard",
    "Backup, verified",
    "Drift gate",
    "Automatic rollback",
    "Sync firewall",
}
LEFT_ON = timedelta(hours=4)
"""After this time maintenance mode was probably forgotten."""


def verification(subject: CheckedTarget) -> Iterator[Finding]:
    if ticket := change_not_rolled_back(subject.target):
        yield fault(failure_and_rollback_hint(ticket))
    if (ticket := unverified_change(subject.target)) and (sentence := not_verified(ticket)):
        yield fault(sentence)
    if sentence := backup_failure(subject.target):
        name = subject.name
        yield fault(f"{sentence} To take it now: flask databases backup {name}")


def maintenance(subject: CheckedTarget) -> Iterator[Finding]:
    known = subject.known
    with engine_for(subject.target.url).reading() as connection:
        has_notice = notice(connection) is not None if subject.target.is_directory else False
        try:
            require_announced(subject.target, connection)
        except PortalError as error:
            yield fault(str(error))
    if known and known.is_in_maintenance:
        yield _in_maintenance(known, subject.name)
    elif has_notice:
        yield fault(
            "The directory says that it is in maintenance mode, and none is on record: every write"
            f" is refused. Begin it and end it: flask databases maintenance {subject.name} on"
            f" --reason WHY, then flask databases maintenance {subject.name} off"
        )


def _in_maintenance(known: RegisteredTarget, name: str) -> Finding:
    since = known.maintenance_since or now()
    why = known.maintenance_because or ""
    sentence = f"Maintenance mode is on since {since:%Y-%m-%d %H:%M} UTC: {why}"
    remedy = f"To end it: flask databases maintenance {name} off"
    if _is_over(known.maintenance_operation):
        return fault(f"{sentence} What began it is over, and left it on. {remedy}")
    if is_ahead(since):
        return fault(f"{sentence} That is in the future: a clock is wrong. {remedy}")
    if now() - since > LEFT_ON:
        hours = LEFT_ON.total_seconds() / 3600
        return fault(f"{sentence} It lasts longer than {hours:g} hours. {remedy}")
    return note(f"{sentence} {remedy}")


def _is_over(operation: str | None) -> bool:
    if operation is None:
        return False
    row = db.session.scalar(db.select(Operation).where(Operation.uuid == operation))
    return row is None or row.is_finished


def decided(subject: CheckedTarget) -> Iterator[Finding]:
    """What is ready, or on hold, for the next change."""
    for operation in at_work_on(subject.name):
        yield note(
            f"“{operation.title}”, asked for by {operation.requested_by_name}, is at work on it:"
            f" nothing else may change it meanwhile. See /ops/operations/{operation.id}"
        )
    for each in unused_overrides(subject.target):
        yield note(
            f"An override ({each.kind}) for {each.subject[:12]}, given by {each.given_by} on"
            f" {each.given_at:%Y-%m-%d %H:%M} UTC, waits for its one change: {each.reason} It ends"
            " with that change, or with a restore."
        )
    query = db.select(Ticket).join(Plan).where(Plan.target == subject.name)
    for ticket in db.session.scalars(query.where(Ticket.state == TicketState.APPROVED)):
        if ticket.plan.is_open:
            yield note(
                f"Change {ticket.number} to {ticket.plan.to_revision} is confirmed twice and may be"
                " carried out. A new plan voids it: flask databases plan " + subject.name
            )


def safeguards(subject: CheckedTarget) -> Iterator[Finding]:
    """Safeguards of the databases page with something to do that no other check reports."""
    for layer in layers_of(overview_of(subject.target)):
        is_known = layer.name in REPORTED_ELSEWHERE or layer.sentence.startswith(
            "Refuses a change besi"
        )
        if layer.remedy and not is_known:
            yield note(f"{layer.name}: {layer.sentence} {layer.remedy}")


def pending(subject: CheckedTarget) -> Iterator[Finding]:
    waiting = ", ".join(f"{each.id} ({each.phase})" for each in subject.pending)
    if not waiting:
        return
    how = "flask databases plan" if subject.target.is_production else "flask databases migrate"
    yield note(f"Pending: {waiting}. To prepare it: {how} {subject.name}")
    if subject.known and subject.known.requires_window and not coming_windows(subject.name):
        yield note(
            "It is changed inside scheduled windows only, and none is scheduled. Schedule one:"
            f" flask databases window announce {subject.name} STARTS ENDS SUMMARY"
        )
