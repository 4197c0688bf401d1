"""flask databases store, upload, fetch, tidy, backup-ops: backups uploaded, downloaded, removed."""

import click

from portal.audit.actor import at_the_console
from portal.core.storage.database import db
from portal.databases.backups.offsite.configured import the_store
from portal.databases.backups.offsite.download import Stored, stored_backups
from portal.databases.backups.strays.aside import all_aside, aside_named
from portal.databases.backups.strays.aside import wipe as wipe_copy
from portal.databases.cli import commands
from portal.jobs.operations.service import run_here


@commands.command("store")
@click.argument("target", required=False)
def list_store(target: str | None) -> None:
    """List the backups in the store off this machine, the newest first."""
    store = the_store()
    found = stored_backups(store)
    shown = [each for each in found if not (target and each.backup) or each.backup.target == target]
    for each in shown:
        click.echo(_line(each))
    count = "1 backup" if len(shown) == 1 else f"{len(shown)} backups"
    click.echo(f"{count} in {store.address}.")


@commands.command()
def upload() -> None:
    """Send now what has no copy in the store yet, as the worker does automatically."""
    run_here("backups.copy", by=at_the_console())


@commands.command("backup-ops")
@click.option("--reason", default="Asked for at the terminal", help="Why, for the record.")
def backup_ops(reason: str) -> None:
    """Back up the control room's own database, with the audit log's checkpoint."""
    run_here("backups.ops", by=at_the_console(), arguments={"reason": reason})


@commands.command("tidy")
def tidy() -> None:
    """Remove now what BACKUP_KEEP keeps no longer, here and in the store."""
    run_here("backups.tidy", by=at_the_console())


@commands.command()
@click.argument("backup")
def fetch(backup: str) -> None:
    """Bring BACKUP from the store to this machine, and prove it again."""
    run_here("backups.fetch", by=at_the_console(), arguments={"backup": backup})


@commands.command("set-aside")
@click.option("--wipe", metavar="NAME", help="Wipe this one, after a question.")
def set_aside(wipe: str | None) -> None:
    """List the copies that the catalogue does not know, or wipe one of them."""
    if wipe is None:
        found = all_aside()
        for each in found:
            click.echo(each.sentence)
        click.echo("1 copy is set aside." if len(found) == 1 else f"{len(found)} are set aside.")
        return
    chosen = aside_named(wipe)
    click.confirm(f"Wipe {chosen.name}? It can’t be brought back.", abort=True)
    wipe_copy(chosen, by=at_the_console(), why="Asked for at the terminal")
    db.session.commit()
    click.echo(f"{chosen.name} is wiped.")


def _line(stored: Stored) -> str:
    backup = stored.backup
    if backup is None:
        return f"{stored.name}: {stored.why}"
    rows = sum(backup.counts.values())
    return (
        f"{backup.name}: {backup.target}, revision {backup.revision or 'none'},"
        f" taken {backup.taken_at:%Y-%m-%d %H:%M} UTC, {rows} rows, {backup.size} bytes"
    )
