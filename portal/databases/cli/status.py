"""flask databases status, check: the databases, and whether their identity is confirmed."""

import json
import sys
from dataclasses import asdict

import click

from portal.control.checking import of_control
from portal.core.storage.database import reading
from portal.databases.changes.automatic_rollback import failure_and_rollback_hint
from portal.databases.cli import commands
from portal.databases.status.check import check_room, check_targets, of_room
from portal.databases.status.json_report import as_json
from portal.databases.status.overview import Overview, overviews
from portal.directory.derived.progress import Progress, progress_of


@commands.command()
@click.option("--json", "as_data", is_flag=True, help="For programs.")
def status(as_data: bool) -> None:
    """Show every target: identity, revision, what is pending, who serves it, the last backup."""
    with reading():
        found = overviews()
        if as_data:
            told = [as_json(each) | {"filled": [asdict(f) for f in filled(each)]} for each in found]
            click.echo(json.dumps(told, indent=2))
        else:
            click.echo("\n\n".join(described(each) for each in found))


@commands.command()
@click.option("--store", is_flag=True, help="Open each copy off this machine as well.")
def check(store: bool) -> None:
    """End with exit code 1 when something is not what it should be, and say what to do.

    Of each database: identity, version table, schema, code of its revisions, the last change,
    maintenance mode, processes, sessions, clocks, rights, backup, sync. Of the control room: its
    own database, the audit log, the worker, operations, free space, every backup's file (each is
    read whole), manifest and row, the backup key, copies, messages, and what its home lists. What
    could not be looked at is named, and counts as a fault. Notes do not change the exit code.
    """
    # The room first: reading the content of targets is an entry of its log.
    room = check_room(of_room(store=store))
    checked = [*check_targets(), room]
    checked.append(check_room(of_control(checked)))
    for each in checked:
        for fault in each.faults:
            click.echo(f"{each.name}: {fault}", err=True)
        for note in each.notes:
            click.echo(f"{each.name}, to note: {note}")
    if any(each.faults for each in checked):
        sys.exit(1)
    click.echo("Every database is what it should be.")


def filled(overview: Overview) -> list[Progress]:
    """What the worker fills in a directory."""
    return progress_of(overview.target) if overview.fits else []


def _none(overview: Overview, word: str) -> str:
    """What was not read is unknown."""
    return word if overview.fits else "unknown"


def _drift_summary(overview: Overview) -> str:
    if overview.drift:
        return overview.drift.sentence
    if not overview.fits:
        return "unknown"
    return f"none so far. {overview.not_compared}" if overview.not_compared else "none"


def described(overview: Overview) -> str:
    """One target for display, a line each."""
    waiting = ", ".join(f"{revision.id} ({revision.phase})" for revision in overview.pending)
    backup, known = overview.backup, overview.known
    windows = [
        f"{each.starts_at:%Y-%m-%d %H:%M} to {each.ends_at:%H:%M} UTC, {each.summary}"
        for each in overview.windows[:1]
    ]
    lines = {
        "identity": " ".join([str(overview.judgement), *overview.neighbours]),
        "address": f"{overview.address} ({overview.engine})",
        "revision": overview.judgement.revision or _none(overview, "none"),
        "pending": overview.ahead or waiting or _none(overview, "nothing"),
        "live releases": ", ".join(overview.releases)
        or ("none" if overview.target.is_directory else "not known here"),
        "drift": _drift_summary(overview),
        "maintenance mode": f"since {known.maintenance_since:%Y-%m-%d %H:%M} UTC:"
        f" {known.maintenance_because}"
        if known and known.maintenance_since
        else "off",
        "next window": windows[0] if windows else "none scheduled",
        "last verified backup": f"{backup.name}, {backup.taken_at:%Y-%m-%d %H:%M} UTC"
        if backup
        else "none",
    }
    lines |= {each.name: each.sentence for each in filled(overview)}
    if faults := [*overview.guard_faults, *filter(None, [overview.unreadable])]:
        lines = {"fix first": " ".join(faults), **lines}
    if ticket := overview.unreturned:
        lines["automatic rollback"] = failure_and_rollback_hint(ticket)
    if sync := overview.last_sync:
        lines["last sync"] = f"{sync.name}, {sync.finished_at:%Y-%m-%d %H:%M} UTC, {sync.rows} rows"
    if attempt := overview.failed_sync:
        lines["newest sync"] = f"{attempt.state}: {attempt.outcome}"
    return "\n".join([overview.target.name, *(f"  {key}: {text}" for key, text in lines.items())])
