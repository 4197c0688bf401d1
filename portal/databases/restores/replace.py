"""Replaces a live database's content by a backup's, without what was ended since the backup.

It is ended again in the copy that then takes the live database's place: at no moment does anybody
meet what had been ended. The restore's row in ops has a mark that only this copy bears.
"""

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from portal.audit.actor import Actor
from portal.audit.service import Outcome, record
from portal.core.clock import now
from portal.core.errors import PortalError
from portal.core.storage.database import JsonDict, db
from portal.databases.backups.files import file_of
from portal.databases.backups.models import Backup
from portal.databases.backups.scratch import scratch_folder
from portal.databases.engines import engine_for
from portal.databases.engines.base import first_line
from portal.databases.engines.copies import copier_for
from portal.databases.restores.endings import Applied, Endings, registered_endings
from portal.databases.restores.models import Restore
from portal.databases.targets.config import Target
from portal.databases.targets.database_roles import grant_to_site
from portal.jobs.operations.progress import Progress
from portal.jobs.operations.queries import WATCHED, newest_ended

KINDS = ("databases.restore", "databases.place")
WATCHED.update(KINDS)
NOT_READ = "What was ended on the site shortly before the restore could not be read:"
NOT_APPLIED = (
    "Nothing of what was ended on the site since the backup could be ended again, neither deleted"
    " accounts nor logins:"
)


class Replacement:
    """A restore that is about to take place, on record. Its values are read from ops once, so that
    ops is not locked while files are copied."""

    def __init__(self, target: Target, backup: Backup, *, by: Actor) -> None:
        """Records the intent. Commits."""
        self.target, self.name = target, backup.name
        self._file: Path = file_of(backup)
        self._digest, self._uuid = backup.content_digest, backup.database_uuid
        self._taken_at: datetime = backup.taken_at
        row = Restore(target=target.name, backup=backup.name, mark=secrets.token_hex(4))
        db.session.add(row)
        record("restore.started", self.name, by=by, outcome=Outcome.INTENT, target=target.name)
        db.session.commit()
        self._id, self._mark, self._at = row.id, row.mark, row.begun_at
        db.session.commit()
        self._unread: list[str] = []

    def drain(self, progress: Progress) -> None:
        """Take what was ended into ops. A database that can't be read does not stop its restore."""
        endings = registered_endings(self.target)
        if endings is None:
            return
        try:
            endings.drain(self.target)
        except (DBAPIError, PortalError, OSError) as error:
            db.session.rollback()
            why = str(error) if isinstance(error, PortalError) else first_line(error)
            self._unread = [f"{NOT_READ} {why}"]
            progress.say(self._unread[0])

    def carry_out(self, progress: Progress) -> list[str]:
        """Returns what a person has to do by hand, a sentence each."""
        endings = registered_endings(self.target)
        found = endings.since(self._uuid, self._taken_at) if endings else None
        db.session.commit()

        def prepare(url: URL) -> None:
            grant_before_swap(self.target, url, progress)
            if endings:
                self._note(_applied(endings, url, found, at=self._at))

        with scratch_folder() as folder:
            return copier_for(self.target.url).restore(
                self._file,
                folder=folder,
                digest=self._digest,
                database_uuid=self._uuid,
                watch=progress.advance,
                prepare=prepare,
                mark=self._mark if endings else None,
            )

    def _note(self, done: Applied) -> None:
        row = db.session.get_one(Restore, self._id)
        row.applied, row.missing = done.applied, [*self._unread, *done.missing]
        db.session.commit()


def unfinished_restore(target: str, backup: str) -> Restore | None:
    """The newest one whose end is not on record."""
    query = select(Restore).where(
        Restore.target == target, Restore.backup == backup, Restore.finished_at.is_(None)
    )
    return db.session.scalars(query.order_by(Restore.id.desc()).limit(1)).first()


def newest_restore(target: str) -> JsonDict | None:
    """The result of the newest one, if it was in the last week and says what was ended again, or
    what could not be."""
    ended = [each for kind in KINDS if (each := newest_ended(kind)) and each.target == target]
    newest = max(ended, key=lambda each: each.id, default=None)
    if newest is None or not newest.is_done or not newest.result or not newest.finished_at:
        return None
    is_recent = newest.finished_at > now() - timedelta(days=7)
    said = newest.result.get("applied") or newest.result.get("missing")
    return newest.result if is_recent and said else None


def restored_by(target: Target, backup: Backup) -> Callable[[], bool]:
    """A question about the live database, without ops: whether this restore put it there."""
    row, copier = unfinished_restore(target.name, backup.name), copier_for(target.url)
    file, digest, uuid = file_of(backup), backup.content_digest, backup.database_uuid
    mark = row.mark if row and registered_endings(target) else None
    return lambda: copier.holds_restored(file, digest=digest, database_uuid=uuid, mark=mark)


def finish_restores(target: str, backup: str, *, is_done: bool) -> Restore | None:
    """Close what is unfinished; returns the newest. The caller commits."""
    newest = unfinished_restore(target, backup)
    query = select(Restore).where(Restore.target == target, Restore.finished_at.is_(None))
    for each in db.session.scalars(query):
        each.finished_at, each.is_done = now(), is_done and each is newest
    return newest


def apply_in_place(target: Target, backup: Backup) -> None:
    """End in the live database what was ended since the backup that it was restored from, where
    that restore is not on record; it is then. Commits the open ops transaction."""
    endings = registered_endings(target)
    if endings is None:
        return
    name, found = backup.name, endings.since(backup.database_uuid, backup.taken_at)
    db.session.commit()
    done = _applied(endings, target.url, found, at=now())
    more = {"applied": done.applied, "missing": done.missing}
    db.session.add(Restore(target=target.name, backup=name, mark="", **more))
    db.session.flush()


def _applied(endings: Endings, url: URL, found: Any, *, at: datetime) -> Applied:
    """A failure is said, and does not stop a restore: the night may need it."""
    try:
        with engine_for(url).changing() as connection:
            return endings.apply(connection, found, at=at)
    except (DBAPIError, PortalError) as error:
        why = str(error) if isinstance(error, PortalError) else first_line(error)
        return Applied(missing=[f"{NOT_APPLIED} {why}"])


def grant_before_swap(target: Target, url: URL, progress: Progress) -> None:
    """Grant the sites' role its rights before the sites connect: a backup contains no grants.

    A role that is missing on this server does not stop the restore.
    """
    try:
        with engine_for(url).changing() as connection:
            grant_to_site(target, connection)
    except (DBAPIError, PortalError) as error:
        progress.say(
            f"The sites may not read it yet: {first_line(error)} Make the role, then run:"
            f" flask databases roles {target.name}"
        )
