"""flask databases maintenance, window, override, accept-…, declare-…: decisions, with a reason."""

from datetime import UTC, datetime

import click

from portal.audit.actor import at_the_console
from portal.core.errors import Invalid
from portal.core.storage.database import db
from portal.databases.changes.models import Plan
from portal.databases.cli import commands
from portal.databases.cli.terminal import require_terminal
from portal.databases.migrations import applied
from portal.databases.policies import drift, overrides, release_gate, windows
from portal.databases.policies.models import OverrideKind
from portal.databases.sessions import known
from portal.databases.targets.config import target_named
from portal.jobs.leases.watch import watch_for
from portal.jobs.operations.service import run_here

REASON = click.option("--reason", required=True, help="Why, for the record.")


@commands.command()
@click.argument("target")
@click.argument("state", type=click.Choice(["on", "off"]))
@click.option("--reason", default="", help="Why; needed to switch it on.")
def maintenance(target: str, state: str, reason: str) -> None:
    """Serve TARGET read-only, or as usual again."""
    run_here(
        "databases.maintenance",
        by=at_the_console(),
        target=target_named(target).name,
        arguments={"on": state == "on", "because": reason},
    )


@commands.group()
def window() -> None:
    """Scheduled windows: when production may be changed."""


@window.command("announce")
@click.argument("target")
@click.argument("starts")
@click.argument("ends")
@click.argument("summary")
def announce(target: str, starts: str, ends: str, summary: str) -> None:
    """Schedule a window of TARGET, from STARTS to ENDS in UTC, such as 2026-11-30T22:00."""
    made = windows.schedule_window(
        target_named(target),
        summary=summary,
        starts_at=_moment(starts),
        ends_at=_moment(ends),
        by=at_the_console(),
    )
    number = made.id
    db.session.commit()
    click.echo(f"Window {number} is scheduled.")


@window.command("list")
def list_windows() -> None:
    """Show the windows that are open or to come."""
    for each in windows.coming_windows():
        state = "open" if each.is_open else "to come"
        click.echo(
            f"{each.id}  {each.target}  {each.starts_at:%Y-%m-%d %H:%M} to"
            f" {each.ends_at:%Y-%m-%d %H:%M} UTC  {state}  {each.summary}"
        )


@window.command("withdraw")
@click.argument("number", type=int)
def withdraw(number: int) -> None:
    """Withdraw window NUMBER."""
    windows.withdraw_window(windows.window_numbered(number), by=at_the_console())
    db.session.commit()
    click.echo(f"Window {number} is withdrawn.")


@window.command("rule")
@click.argument("target")
@click.argument("rule", type=click.Choice(["required", "free"]))
def rule(target: str, rule: str) -> None:
    """Say whether TARGET is changed inside scheduled windows only."""
    chosen = target_named(target)
    require_terminal(chosen, "window.rule-changed")
    windows.require_windows(chosen, required=rule == "required", by=at_the_console())
    db.session.commit()
    click.echo(f"{chosen.name}: {rule}.")


@commands.command()
@click.argument("target")
@click.argument("kind", type=click.Choice([kind.value for kind in OverrideKind]))
@click.argument("subject")
@REASON
def override(target: str, kind: str, subject: str, reason: str) -> None:
    """Let a contract (its revision) not soak, or a plan (its seal) wait for no window.

    It counts for one change: the first that begins with it, whatever becomes of that.
    """
    chosen = target_named(target)
    require_terminal(chosen, "override.given")
    given = OverrideKind(kind)
    if given is OverrideKind.WINDOW:
        subject = _whole_seal(subject)
    overrides.give_override(given, chosen, subject=subject, reason=reason, by=at_the_console())
    db.session.commit()
    click.echo("Recorded; it counts for one change.")


@commands.command("accept-drift")
@click.argument("target")
@REASON
def accept_drift(target: str, reason: str) -> None:
    """Take the schema of TARGET as it is, though somebody changed it by hand.

    Also where the record is an earlier release's: what that one did not look at is taken as it is.
    """
    chosen = target_named(target)
    require_terminal(chosen, "drift.accepted")
    accepted = drift.accept_drift(chosen, reason=reason, by=at_the_console())
    db.session.commit()
    for each in accepted.differences:
        click.echo(f"Accepted: {each.words}")
    if not accepted.differences:
        click.echo(f"The schema of {chosen.name} is taken as it is.")


@commands.command("accept-revision")
@click.argument("target")
@click.argument("revision")
@REASON
def accept_revision(target: str, revision: str, reason: str) -> None:
    """Take the file of REVISION, edited since it was applied to TARGET, for what ran there."""
    chosen = target_named(target)
    require_terminal(chosen, "revision.accepted")
    accepted = applied.accept_revision(chosen, revision, reason=reason, by=at_the_console())
    db.session.commit()
    click.echo(f"Accepted: {accepted.file} as it is now.")


@commands.command("declare-dead")
@click.argument("process")
@REASON
def declare_dead(process: str, reason: str) -> None:
    """Count PROCESS (its id, or how it begins) as gone before its lease runs out."""
    lease = release_gate.web_lease(process)
    uuid = lease.uuid
    db.session.rollback()
    watch_for(
        release_gate.SILENT.total_seconds(), "for a sign of life of this process", only={uuid}
    )
    lease = release_gate.web_lease(uuid)
    release_gate.declare_dead(lease, reason=reason, by=at_the_console())
    named = release_gate.named(lease)
    db.session.commit()
    click.echo(f"Declared dead: {named}.")


@commands.command("declare-known")
@click.argument("target")
@click.argument("role")
@click.option("--reason", default="", help="Why, for the record; needed to declare it.")
@click.option("--end", is_flag=True, help="End the declaration: they stop a change again.")
def declare_known(target: str, role: str, reason: str, *, end: bool) -> None:
    """Let permanent sessions of ROLE on TARGET, such as a monitor's, stay during a change.

    It counts for that role alone, and for no session that locks a table for writing.
    """
    chosen = target_named(target)
    require_terminal(chosen, known.ENDED if end else known.DECLARED)
    if end:
        known.end_known(chosen, role, by=at_the_console())
        said = f"Sessions of {role} stop a change of {chosen.name} again."
    else:
        known.declare_known(chosen, role, reason=reason, by=at_the_console())
        said = f"Sessions of {role} that only read stop no change of {chosen.name} from now on."
    db.session.commit()
    click.echo(said)


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise Invalid(f"“{text}” is no time, such as 2026-11-30T22:00.") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _whole_seal(start: str) -> str:
    query = db.select(Plan.seal).where(Plan.seal.startswith(start, autoescape=True)).distinct()
    found = db.session.scalars(query.limit(2)).all()
    if len(found) != 1:
        raise Invalid("That is not how one plan's seal begins.")
    return str(found[0])
