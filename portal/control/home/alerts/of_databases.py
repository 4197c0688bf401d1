"""Alerts of one database: identity, guard, pending changes, processes, verification, sync."""

from collections.abc import Iterator, Sequence

from flask import url_for
from sqlalchemy import select

from portal.control.home.alerts.alert import Alert
from portal.control.home.directories import DirectoryStatus
from portal.core.storage.database import db
from portal.databases.changes.automatic_rollback import failure_sentence, not_verified
from portal.databases.changes.models import Ticket
from portal.databases.policies.target_leases import Unreadable, why_closed
from portal.databases.restores.replace import newest_restore
from portal.runbooks.engine.queries import open_runs
from portal.runbooks.models import Run


def of_databases(seen: Sequence[DirectoryStatus]) -> Iterator[Alert]:
    for directory in seen:
        yield from _of_schema(directory)
        yield from _of_change(directory)
        yield from _of_restore(directory)


def _of_schema(directory: DirectoryStatus) -> Iterator[Alert]:
    overview, name = directory.overview, directory.name
    databases = url_for("databases.list_databases")
    for wrong in [*overview.guard_faults, *filter(None, [overview.unreadable, overview.unsaved])]:
        yield Alert(f"{name}: {wrong}", "Look at the database", _here(directory), is_grave=True)
    if overview.ahead or not overview.fits:
        sentence = overview.ahead or str(overview.judgement)
        yield Alert(sentence, "Look at the databases", databases, is_grave=True)
    elif ticket := overview.unreturned:
        back = url_for("databases.show_restore", name=ticket.plan.backup.name)
        yield Alert(failure_sentence(ticket), "Go back to before it", back, is_grave=True)
    elif overview.pending:
        count = len(overview.pending)
        changes = "1 change" if count == 1 else f"{count} changes"
        address = url_for("databases.list_migrations", _anchor=directory.target.name)
        yield Alert(f"{name} is {changes} behind.", "Review the change", address)


def _of_change(directory: DirectoryStatus) -> Iterator[Alert]:
    overview, here = directory.overview, _here(directory)
    if overview.fits and (closed := why_closed(overview.target, quickly=True)):
        is_grave = isinstance(closed, Unreadable)
        yield Alert(closed.sentence, "Look at the processes", here, is_grave=is_grave)
    if ticket := overview.unverified:
        yield Alert(not_verified(ticket) or "", "Verify it", _run_of(ticket), is_grave=True)
    if attempt := overview.failed_sync:
        sentence = f"{directory.name} was not synced: {attempt.outcome}"
        yield Alert(sentence, "Look at the sync", here)


def _of_restore(directory: DirectoryStatus) -> Iterator[Alert]:
    """What was ended since its backup, for a week: people may ask."""
    if restore := newest_restore(directory.target.name):
        sentence = f"{directory.name} was restored from {restore['backup']}."
        said = " ".join([sentence, *restore["applied"], *restore["missing"]])
        is_grave = bool(restore["missing"])
        yield Alert(said, "Look at the database", _here(directory), is_grave=is_grave)


def _here(directory: DirectoryStatus) -> str:
    return url_for("databases.list_databases", database=directory.target.name)


def _run_of(ticket: Ticket) -> str:
    """The page of the change's run, which has the button; one from the terminal has no run."""
    run = next((each.id for each in open_runs() if each.uuid == ticket.run), None)
    if run is None and ticket.run:
        run = db.session.scalar(select(Run.id).where(Run.uuid == ticket.run))
    if run is None:
        return url_for("databases.list_migrations")
    return url_for("runbooks.show_run", run_id=run)
