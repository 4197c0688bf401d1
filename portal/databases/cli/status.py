"""flask databases status, check: what stands where, and whether it fits."""

import json
import sys

import click

from portal.core.database import reading
from portal.databases.backup import backups, damage_of
from portal.databases.checking import check_targets
from portal.databases.cli import commands
from portal.databases.models import Backup
from portal.databases.overview import Overview, overviews
from portal.databases.report import as_json
from portal.databases.returning import stands


@commands.command()
@click.option("--json", "as_data", is_flag=True, help="For programs.")
def status(as_data: bool) -> None:
    """Show every target: identity, revision, what is pending, who serves it, the last backup."""
    with reading():
        found = overviews()
        if as_data:
            click.echo(json.dumps([as_json(each) for each in found], indent=2))
        else:
            click.echo("\n\n".join(described(each) for each in found))


@commands.command()
def check() -> None:
    """End with exit code 1 when a database is not what it should be.

    That is: a URL, a label or an identity that does not fit; a schema or a version table that was
    changed by hand; a revision that this release does not know; a change that does not verify or
    was not looked at; rights that are wrong. So does a damaged backup that has no copy off this
    machine: each file is read whole. Notes do not change the exit code.
    """
    with reading():
        checked = check_targets()
        damaged = _damaged()
    for each in checked:
        for fault in each.faults:
            click.echo(f"{each.target.name}: {fault}", err=True)
        for note in each.notes:
            click.echo(f"{each.target.name}, to note: {note}")
    for backup in damaged:
        click.echo(_damage(backup), err=True)
    if any(each.faults for each in checked) or not all(each.is_away for each in damaged):
        sys.exit(1)
    click.echo("Every database is what it should be.")


def _damaged() -> list[Backup]:
    """Each file is read whole."""
    kept = [each for each in backups() if each.is_proven and each.removed_at is None]
    return [each for each in kept if damage_of(each) is not None]


def _damage(backup: Backup) -> str:
    said = f"Backup {backup.name} is damaged: {damage_of(backup)}."
    way_out = f" Bring its copy back: flask databases fetch {backup.name}"
    return said + way_out if backup.is_away else said


def described(overview: Overview) -> str:
    """One target for people, a line each."""
    waiting = ", ".join(f"{revision.id} ({revision.phase})" for revision in overview.pending)
    backup, known = overview.backup, overview.known
    windows = [
        f"{each.starts_at:%Y-%m-%d %H:%M} to {each.ends_at:%H:%M} UTC, {each.summary}"
        for each in overview.windows[:1]
    ]
    lines = {
        "identity": " ".join([str(overview.judgement), *overview.neighbours]),
        "address": f"{overview.address} ({overview.engine})",
        "revision": overview.judgement.revision or "none",
        "pending": overview.ahead or waiting or "nothing",
        "live releases": ", ".join(overview.releases)
        or ("none" if overview.target.is_directory else "not told here"),
        "drift": overview.drift.sentence if overview.drift else "none",
        "maintenance mode": f"since {known.maintenance_since:%Y-%m-%d %H:%M} UTC:"
        f" {known.maintenance_because}"
        if known and known.maintenance_since
        else "off",
        "next window": windows[0] if windows else "none announced",
        "last proven backup": f"{backup.name}, {backup.taken_at:%Y-%m-%d %H:%M} UTC"
        if backup
        else "none",
    }
    if ticket := overview.unreturned:
        lines["automatic return"] = stands(ticket)
    if sync := overview.last_sync:
        lines["last sync"] = f"{sync.name}, {sync.finished_at:%Y-%m-%d %H:%M} UTC, {sync.rows} rows"
    if attempt := overview.failed_sync:
        lines["newest sync"] = f"{attempt.state}: {attempt.outcome}"
    return "\n".join([overview.target.name, *(f"  {key}: {text}" for key, text in lines.items())])
