"""What the page of a run says of its database: the backup, the plan, and what the run left."""

from datetime import datetime

from portal.databases.changes.automatic_rollback import (
    not_verified,
    verification_failure,
    was_rolled_back,
)
from portal.databases.changes.models import Plan, Ticket
from portal.databases.changes.plan import plan_of_run
from portal.databases.changes.summary import checks_of, rows_of
from portal.databases.changes.tickets import ticket_of_run
from portal.databases.targets.registry import registered_target
from portal.databases.tasks.backup_after import keeping_of
from portal.runbooks.engine.registry import Summary
from portal.runbooks.models import Run


def summary_of_run(run: Run) -> Summary | None:
    """None for a run without a database."""
    if run.target is None:
        return None
    plan, ticket = plan_of_run(run.uuid), ticket_of_run(run.uuid)
    known = registered_target(run.target)
    is_used = ticket is not None and ticket.used_at is not None
    left = ticket if ticket and is_used and not run.is_open else None
    return Summary(
        facts=_facts(plan),
        details=_details(plan, ticket),
        subjects=_subjects(plan, ticket),
        sentence=_sentence(left) if left else None,
        is_good=_is_good(left) if left else True,
        site=known.public_address if known else None,
        keeping=keeping_of(left) if left and not was_rolled_back(left) else None,
        concerns_clients=left is not None,
    )


def _facts(plan: Plan | None) -> list[tuple[str, str, datetime | None]]:
    if plan is None:
        return []
    word = "verified" if plan.backup.is_proven else "not verified"
    return [("Backup", word, plan.backup.taken_at)]


def _details(plan: Plan | None, ticket: Ticket | None) -> list[tuple[str, str]]:
    found = [("Ticket", ticket.number)] if ticket else []
    if plan is None:
        return found
    revisions = f"{plan.from_revision or 'nothing'} → {plan.to_revision}"
    return [
        ("Revisions", revisions),
        ("Checks", checks_of(plan)),
        ("Rows", f"{rows_of(plan):,}"),
        ("Backup", plan.backup.name),
        ("Plan hash", plan.seal),
        *found,
        *_confirmations(ticket),
    ]


def _confirmations(ticket: Ticket | None) -> list[tuple[str, str]]:
    """Who typed the phrases that were accepted, and when."""
    if ticket is None:
        return []
    given = (
        ("Reason for what goes or changes", ticket.objects_reason_by, ticket.objects_reason_at),
        ("First confirmation", ticket.confirmed_by, ticket.confirmed_at),
        ("Second confirmation", ticket.approved_by, ticket.approved_at),
    )
    return [(what, f"{who}, {at:%Y-%m-%d %H:%M:%S} UTC") for what, who, at in given if who and at]


def _subjects(plan: Plan | None, ticket: Ticket | None) -> list[str]:
    """Under which names the audit log has what was done."""
    found = [ticket.number] if ticket else []
    return [*found, plan.seal, plan.backup.name] if plan else found


def _is_good(ticket: Ticket) -> bool:
    return not (was_rolled_back(ticket) or verification_failure(ticket) or not_verified(ticket))


def _sentence(ticket: Ticket) -> str:
    plan = ticket.plan
    name = plan.target.capitalize()
    if was_rolled_back(ticket):
        return f"The change did not verify and was rolled back: {name} is as it was before."
    if not _is_good(ticket):
        return f"{name} was changed to {plan.to_revision}, and is not verified."
    return f"{name} is at {plan.to_revision}: {checks_of(plan)}, {rows_of(plan):,} rows."
