"""What becomes of stored pictures that no directory refers to.

Each gets a row in ops with the time since when that is so. It is deleted when 30 days have passed
and every kept backup is newer; one that is referred to again loses its row.
"""

import logging
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import select

from portal.audit.actor import Actor
from portal.audit.service import record
from portal.core.clock import now
from portal.core.errors import Unavailable
from portal.core.storage.database import db
from portal.directory.uploads.ownership import require_own_store
from portal.directory.uploads.store import PictureStore, name_in, picture_store
from portal.directory.uploads.unreferenced.backups import oldest_kept_backup
from portal.directory.uploads.unreferenced.references import UPLOADED, referenced_names
from portal.directory.users.ended import UnreferencedPicture

PATIENCE = timedelta(days=30)
#: How far the clock of a store may be from this one.
CLOCKS = timedelta(minutes=10)
log = logging.getLogger(__name__)

Keys = dict[str, list[str]]


@dataclass
class Tidied:
    """How many pictures nothing refers to, and how many of them were deleted. `why_not`: why none
    could be deleted."""

    unreferenced: int = 0
    deleted: int = 0
    why_not: str | None = None

    def __str__(self) -> str:
        said = f"{self.unreferenced} stored pictures are in no directory; {self.deleted} deleted."
        return f"{said} None could be: {self.why_not}" if self.why_not else said


def tidy_pictures(*, by: Actor, alive: Callable[[], None]) -> Tidied:
    """Raises Unavailable where the store or a directory can't be read; then nothing was changed.
    Commits."""
    store = picture_store()
    require_own_store(store)
    keys, used = _uploaded(store), referenced_names()
    db.session.commit()
    _mark(set(keys) - used)
    found = Tidied(unreferenced=len(set(keys) - used))
    try:
        oldest = oldest_kept_backup()
    except Unavailable as error:
        found.why_not = str(error)
        return found
    for name in _due(oldest):
        alive()
        found.deleted += _delete(store, name, keys[name], by=by)
    return found


def _uploaded(store: PictureStore) -> Keys:
    """The keys of each picture that this product named; other files are somebody else's."""
    found: Keys = defaultdict(list)
    for key in store.all_keys():
        if UPLOADED.fullmatch(name_in(key)):
            found[name_in(key)].append(key)
    return dict(found)


def _mark(unreferenced: set[str]) -> None:
    """A time in the future was written by a wrong clock: it starts again. Commits."""
    at = now()
    rows = {row.name: row for row in db.session.scalars(select(UnreferencedPicture))}
    for name in unreferenced - rows.keys():
        db.session.add(UnreferencedPicture(name=name, since=at))
    for row in rows.values():
        if row.name not in unreferenced:
            db.session.delete(row)
        elif row.since is None or row.since > at:
            row.since = at
    db.session.commit()


def _due(oldest_backup: datetime) -> list[str]:
    """Marked for long enough, and before each backup that is kept."""
    before = min(oldest_backup, now() - PATIENCE)
    query = select(UnreferencedPicture.name).where(UnreferencedPicture.since < before)
    return list(db.session.scalars(query.order_by(UnreferencedPicture.since)))


def _delete(store: PictureStore, name: str, keys: list[str], *, by: Actor) -> bool:
    """The whole picture first: without it the smaller ones are not found. Commits."""
    since = db.session.get_one(UnreferencedPicture, name).since
    db.session.commit()  # ops is not locked while the store is contacted
    why = _why_not(store, name, keys, since)
    if why is None:
        for key in sorted(keys, key=lambda each: each != name):
            store.remove(key)
    row = db.session.get_one(UnreferencedPicture, name)
    if why:
        log.warning("The picture %s is kept: %s.", name, why)
        row.since = now()
    else:
        record("picture.deleted", name, by=by, details={"since": since.isoformat()})
        db.session.delete(row)
    db.session.commit()
    return why is None


def _why_not(store: PictureStore, name: str, keys: list[str], since: datetime) -> str | None:
    """Asked just before. Whoever refers to a picture again writes its files first: its row may not
    be there yet, and a backup of that time may be among those that are kept."""
    for key in keys:
        written = store.written_at(key)
        if written is None or written + CLOCKS > since:
            return f"{key} was written after nothing referred to it, or it is not known when"
    content = store.content(name)
    if content is None or sha256(content).hexdigest() != name.partition(".")[0]:
        return "its content is not what its name says"
    return None
