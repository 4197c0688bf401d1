"""flask audit …"""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import click
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from portal.audit.actor import at_the_console
from portal.audit.chain.checkpoint import Checkpoint, checkpoint_from, checkpoint_in
from portal.audit.chain.verification import Advance, Verification, record_verification, verify_log
from portal.audit.models import AuditEntry
from portal.audit.refusals import CommandGroup
from portal.audit.service import record
from portal.core.clock import now
from portal.core.errors import Invalid
from portal.core.storage.database import db, reading

BATCH = 500
COLUMNS = (AuditEntry.seq, AuditEntry.canonical, AuditEntry.leaf, AuditEntry.chain)

commands = CommandGroup("audit", help="The audit log.")

TO = click.option(
    "--to",
    type=click.File("w", encoding="utf-8", lazy=True, atomic=True),
    default="-",
    help="A file, instead of standard output.",
)


@commands.command()
@click.option(
    "--checkpoint",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A checkpoint that was kept elsewhere, or the manifest of a backup that holds one.",
)
def verify(checkpoint: Path | None) -> None:
    """Check the whole log; exit 1 with the first bad entry if it does not hold."""
    known = _read(checkpoint) if checkpoint else None
    with _bar() as advance:
        result = verify_log(known, advance=advance)
    _record(result)
    if result.fault:
        raise click.ClickException(result.fault)
    click.echo(f"All {result.entries} entries hold. The chain ends in {result.chain}.")


@commands.command()
@TO
def checkpoint(to: TextIO) -> None:
    """Say how far the log has come, in one line of JSON; keep it away from this machine."""
    taken = _now()
    to.write(json.dumps({**taken.as_json(), "taken_at": now().isoformat()}) + "\n")
    record("audit.checkpoint-taken", by=at_the_console(), details=taken.as_json())
    db.session.commit()


@commands.command()
@TO
def export(to: TextIO) -> None:
    """Write the log as JSON Lines: each entry with its hashes, without names and addresses."""
    taken = _now()
    record("audit.exported", by=at_the_console(), details=taken.as_json())
    db.session.commit()  # first: if it can't be recorded, nothing is exported
    with reading():
        to.writelines(f"{line}\n" for line in exported(up_to=taken.entries))
        db.session.rollback()


@contextmanager
def _bar() -> Iterator[Advance]:
    """A progress bar, if a terminal is attached."""
    is_seen = sys.stderr.isatty()
    with click.progressbar(length=1, label="Verifying", file=sys.stderr, hidden=not is_seen) as bar:

        def advance(done: int, total: int, _chain: str) -> None:
            bar.length = total
            bar.update(done - bar.pos)

        yield advance


def _now() -> Checkpoint:
    with reading(), db.engines["ops"].connect() as connection:
        return checkpoint_in(connection)


def _read(file: Path) -> Checkpoint:
    try:
        return checkpoint_from(json.loads(file.read_text()))
    except ValueError:
        raise Invalid(f"{file.name} can't be read.") from None


def _record(result: Verification) -> None:
    try:
        record_verification(result, by=at_the_console())
        db.session.commit()
    except SQLAlchemyError:
        db.session.rollback()
        click.echo("This could not be recorded: the log takes no entries.", err=True)


def exported(*, up_to: int) -> Iterator[str]:
    """A line for each entry: `seq`, `canonical`, `leaf`, `chain`, everything that its hashes cover.

    Names, addresses and sessions are stored separately from the log, and are not exported.
    """
    last = 0
    while last < up_to:
        query = select(*COLUMNS).where(AuditEntry.seq > last, AuditEntry.seq <= up_to)
        rows = db.session.execute(query.order_by(AuditEntry.seq).limit(BATCH)).all()
        if not rows:
            return
        yield from (json.dumps(dict(row._mapping), ensure_ascii=False) for row in rows)
        last = rows[-1].seq
