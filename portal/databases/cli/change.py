"""flask databases plan, backup, migrate, restore: the same operations as on the pages.

Production requires the typed phrases and the logins of those who type them.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click
from sqlalchemy import select

from portal.accounts.login.login import Caller, check_credentials
from portal.accounts.models import Account
from portal.accounts.service import change_password
from portal.audit.actor import Actor, NamedActor, at_the_console
from portal.audit.refusals import record_refusal
from portal.audit.service import Outcome, record
from portal.core.clock import now
from portal.core.configuration.settings import OPS
from portal.core.errors import Invalid, PortalError
from portal.core.storage.database import JsonDict, db
from portal.databases.backups.catalogue import rebuild
from portal.databases.backups.catalogue.find import backup_named
from portal.databases.backups.models import Purpose
from portal.databases.changes import tickets
from portal.databases.changes.models import Plan, Ticket
from portal.databases.changes.summary import changed_tables, lock_hints_of
from portal.databases.changes.ticket_requirements import PHRASE
from portal.databases.cli import commands
from portal.databases.cli.terminal import require_terminal
from portal.databases.migrations.objects.plan import listed, needs_reason, sentence_of
from portal.databases.restores import requirements
from portal.databases.restores.comparison import TableLoss, compare
from portal.databases.restores.into_empty_target import is_vacant
from portal.databases.targets.config import Target, target_named
from portal.jobs.models import Operation
from portal.jobs.operations.service import run_here


@commands.command()
@click.argument("target")
@click.option("--reason", default="Asked for at the terminal", help="Why, for the record.")
def backup(target: str, reason: str) -> None:
    """Back TARGET up and prove the backup by restoring it into scratch.

    TARGET is also `ops`, the control room's own database, with the audit log's checkpoint.
    """
    if target == OPS:
        run_here("backups.ops", by=at_the_console(), arguments={"reason": reason})
        return
    _back_up(target_named(target), reason, by=at_the_console())


@commands.command()
@click.argument("target")
def plan(target: str) -> None:
    """Back TARGET up, rehearse what is pending on the copy, and show the locked plan."""
    click.echo(described(_prepare(target_named(target), by=at_the_console())))


@commands.command()
@click.argument("target")
def migrate(target: str) -> None:
    """Bring TARGET to this release's revision; production after both confirmations."""
    chosen = target_named(target)
    require_terminal(chosen, "migration.started")
    if not chosen.is_production:
        run_here("databases.migrate", by=at_the_console(), target=chosen.name)
        return
    by = _log_in("The person who prepares and confirms first logs in.")
    sealed = _prepare(chosen, by=by)
    click.echo(described(sealed))
    number = _confirmed(_ticket_of(sealed), by=by)
    run_here("databases.migrate", by=by, target=chosen.name, arguments={"ticket": number})


@commands.command("restore")
@click.argument("target")
@click.argument("backup")
def restore_(target: str, backup: str) -> None:
    """Put BACKUP's content back into TARGET, after a backup of the present.

    If there is no database, one is created, which then has to be adopted.
    """
    chosen, found = target_named(target), backup_named(backup)
    require_terminal(chosen, "restore.started")
    by = _log_in("An admin restores production.") if chosen.is_production else at_the_console()
    click.echo(
        f"{found.name}: revision {found.revision}, taken {found.taken_at:%Y-%m-%d %H:%M} UTC."
    )
    is_new = is_vacant(chosen)
    if not is_new:
        requirements.require_own(chosen, found)
    click.echo(
        f"There is no database at {chosen.name}'s address: one is created."
        if is_new
        else _what_would_change(chosen, found.name)
    )
    db.session.rollback()
    text = click.prompt(f"Type {requirements.PHRASE}") if chosen.is_production else ""
    requirements.require_allowed(chosen, text, by=by)
    arguments = {"backup": backup, "text": text}
    kind = "databases.place" if is_new else "databases.restore"
    run_here(kind, by=by, target=chosen.name, arguments=arguments)


@commands.command("rebuild-catalogue")
def rebuild_catalogue() -> None:
    """Enter backups that are in the folder and not in the catalogue, from their manifests.

    Ends with exit code 1 where a manifest or a file is damaged; the others are entered.
    """
    rebuilt = rebuild.rebuild_catalogue()
    details = {"backups": len(rebuilt.entered), "problems": len(rebuilt.problems)}
    outcome = Outcome.FAILED if rebuilt.problems else Outcome.DONE
    record("catalogue.rebuilt", by=at_the_console(), outcome=outcome, details=details)
    db.session.commit()
    for each in rebuilt.entered:
        click.echo(f"{each.name}: {'verified' if each.is_usable else 'not usable'}")
    for problem in rebuilt.problems:
        click.echo(problem, err=True)
    click.echo(f"{len(rebuilt.entered)} backups entered.")
    if rebuilt.problems:
        sys.exit(1)


def described(plan: Plan) -> str:
    """The plan for display; the SQL is what the rehearsal ran."""
    revisions = [_revision(each) for each in plan.revisions]
    findings = [
        f"Lint: {each['where']}: {each['sentence']} Safer: {each['safer']}"
        for each in plan.findings or []
        if not each["accepted"]
    ]
    promises = [
        f"  {each['words']}: {each['before']} before, {each['after']} after"
        for each in plan.invariants
    ]
    rows = [
        f"  {each['name']}: {_count(each['before'])} before, {_count(each['after'])} after"
        for each in changed_tables(plan)
    ]
    return "\n".join(
        [
            f"Plan for {plan.target}: {plan.from_revision or 'nothing'} to {plan.to_revision}",
            *revisions,
            *(f"Warning: {warning}" for warning in plan.warnings),
            *findings,
            *(f"Lock on PostgreSQL: {hint}" for hint in lock_hints_of(plan)),
            "Lock on SQLite: one writer holds the whole file, and readers go on reading.",
            f"SQL, {len(plan.statements)} statements:",
            *(f"  {statement};" for statement in plan.statements),
            f"Objects: {sentence_of(plan.objects)}",
            *(f"  {each}" for each in listed(plan.objects)),
            "Checks, measured in the rehearsal:",
            *promises,
            "Rows by table:",
            *rows,
            f"Rehearsal: {plan.rehearsal_seconds:.1f} s",
            f"Backup: {plan.backup.name}, verified",
            f"Rollback: {plan.way_back}",
            f"Seal: {plan.seal}",
        ]
    )


def _revision(each: JsonDict) -> str:
    """One revision of a plan, with the first paragraph of its description."""
    way_back = "with a downgrade" if each.get("reversible") else "no rollback but the backup"
    lines = [f"  {each['id']} ({each['phase']}, {way_back}) {each['title']}"]
    return "\n".join([*lines, *(f"    {words}" for words in each.get("words", [])[:1])])


def _back_up(target: Target, reason: str, *, by: Actor, purpose: Purpose = Purpose.ASKED) -> str:
    arguments = {"reason": reason, "purpose": purpose}
    operation = run_here("databases.backup", by=by, target=target.name, arguments=arguments)
    return str(_result(operation, "backup"))


def _prepare(target: Target, *, by: Actor) -> Plan:
    name = _back_up(target, "Before a change", by=by, purpose=Purpose.CHANGE)
    operation = run_here(
        "databases.rehearse", by=by, target=target.name, arguments={"backup": name}
    )
    return db.session.scalars(select(Plan).where(Plan.seal == _result(operation, "seal"))).one()


def _result(operation: Operation, key: str) -> object:
    return (operation.result or {}).get(key)


def _ticket_of(plan: Plan) -> Ticket:
    return db.session.scalars(select(Ticket).where(Ticket.plan_id == plan.id)).one()


def _confirmed(ticket: Ticket, *, by: Actor) -> str:
    """Prompt for both confirmations; returns the ticket's number."""
    number, target = ticket.number, ticket.plan.target
    why = needs_reason(ticket.plan.objects)
    db.session.rollback()
    if why:
        reason = click.prompt("Why may these objects go or change")
        with _acting(by):
            tickets.explain_objects(tickets.ticket_numbered(number), reason, by=by)
    text = click.prompt(f"Type {PHRASE}")
    with _acting(by):
        tickets.confirm(tickets.ticket_numbered(number), text, by=by)
    admin = _log_in("The second confirmation is an admin's, who logs in now.")
    logged_in_at = now()
    text = click.prompt(f"Type the database's name, {target}")
    with _acting(admin):
        ticket = tickets.ticket_numbered(number)
        tickets.approve(ticket, text, by=admin, logged_in_at=logged_in_at)
    return number


@contextmanager
def _acting(by: Actor) -> Iterator[None]:
    """Commit what this person did, or record the refusal."""
    try:
        yield
        db.session.commit()
    except PortalError as error:
        record_refusal(error, by=by)
        error.refusal = None
        raise


def _log_in(why: str) -> NamedActor:
    """Prompt for email and password of an account; audited. Raises Invalid or TooMany."""
    click.echo(why)
    email = click.prompt("Email address")
    password = click.prompt("Password", hide_input=True)
    account = check_credentials(email, password, Caller(address="terminal"))
    if account.must_change_password:
        _choose_own(account, password)
    by = NamedActor(id=account.id, name=account.name, role=account.role)
    record("login.succeeded", by=by, target=f"accounts/{account.id}", details={"terminal": True})
    db.session.commit()
    return by


def _choose_own(account: Account, handed_over: str) -> None:
    """Another person knows the password: it has to be changed first, here too. Commits."""
    click.echo("This password was handed over by somebody else. Choose one of your own first.")
    new = click.prompt("New password", hide_input=True)
    if new != click.prompt("The new password again", hide_input=True):
        raise Invalid("The two passwords are not the same.")
    caller = Caller(address="terminal")
    change_password(account, handed_over, new, session=None, end_others=True, caller=caller)
    db.session.commit()


def _what_would_change(target: Target, name: str) -> str:
    compared = compare(target, backup_named(name))
    lost = [each for each in compared if each.loses]
    if not lost:
        return (
            f"{len(compared)} tables have as many rows as then and none that is newer; the guard's"
            " own were not counted. What changed inside them would be lost."
        )
    return "\n".join(["What would be lost:", *map(_lost, lost)])


def _lost(each: TableLoss) -> str:
    since = f", {each.created} new and {each.updated or 0} changed since" if each.created else ""
    newest = f"; the newest: {each.newest[0]['key']}" if each.newest else ""
    return f"  {each.table}: {each.now} now, {each.then} then{since}{newest}"


def _count(rows: int | None) -> str:
    return "not there" if rows is None else str(rows)
