"""Every write to the directory through its session or its engine increases the content version.

Changes of ORM objects are recorded per studio; any other statement may have changed every page. A
table of counters is excluded by `__table_args__ = {"info": {"unseen": True}}`. The version is
increased in the same transaction, just before its commit.
"""

import re
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Engine, event, inspect, select
from sqlalchemy.orm import Session

from portal.core.storage.database import DirectoryModel
from portal.core.storage.read_only import WHY
from portal.databases.engines.beside import VERSIONS_TABLE
from portal.databases.public_version.version import note_unseen, raise_versions
from portal.directory.models import ReviewResponse, StudioProfile
from portal.directory.owners.models import StudioDetails, StudioHours

SEEN, UNSEEN, FLUSHING = "portal.seen", "portal.unseen", "portal.flushing"
BESIDE = ("portal_", "derived_")
"""Prefixes of the product's own tables: no content, or derived from content in the same
transaction."""
RAISING = f"INSERT INTO {VERSIONS_TABLE} "
_WRITES = re.compile(r"\b(insert|update|delete|merge|replace|truncate|copy|call|do)\b", re.I)
_READS = re.compile(
    r"\s*(select|values|pragma|savepoint|release|rollback|begin|set|show|explain|fetch|commit)\b",
    re.I,
)
_TABLE = re.compile(r'\s*(?:insert\s+into|update|delete\s+from)\s+(?:"?\w+"?\.)?"?(\w+)"?', re.I)


def init_seen_changes(engine: Engine) -> None:
    event.listen(engine, "begin", _forget)
    event.listen(engine, "rollback", _forget)
    event.listen(engine, "rollback_savepoint", _end_flush)
    event.listen(engine, "before_cursor_execute", _note_statement)
    event.listen(engine, "commit", _raise)
    if not event.contains(Session, "before_flush", _begin_flush):
        event.listen(Session, "before_flush", _begin_flush)
        event.listen(Session, "after_flush", _note_objects)


def _forget(connection: Connection) -> None:
    """A connection that was lost has no notes, and asking it for them would be an error."""
    if connection.invalidated:
        return
    for key in (SEEN, UNSEEN, FLUSHING):
        connection.info.pop(key, None)


def _end_flush(connection: Connection, *_savepoint: Any) -> None:
    """After a flush that failed inside a savepoint, which reported no objects."""
    if connection.invalidated:
        return
    connection.info.pop(FLUSHING, None)


def _note_statement(connection: Connection, _cursor: Any, statement: str, *_more: Any) -> None:
    """Record a write outside of a flush, which covers triggers and cascades; flushes are recorded
    by their objects."""
    if FLUSHING in connection.info or not _may_write(statement) or RAISING in statement:
        return
    found = _TABLE.match(statement)
    name = found[1].lower() if found else ""
    if not name.startswith(BESIDE):
        if _is_unseen(name):
            connection.info[UNSEEN] = True
        else:
            _seen(connection).add(None)


def _may_write(statement: str) -> bool:
    """Whether the statement may write. `SELECT … FOR UPDATE` counts as a read. A statement that
    does not begin as a read and contains a writing keyword counts as a write, as does one that may
    hold several statements."""
    is_read = _READS.match(statement) is not None and ";" not in statement
    return not is_read and _WRITES.search(statement) is not None


def _is_unseen(table: str) -> bool:
    known = DirectoryModel.metadata.tables.get(table)
    return known is not None and bool(known.info.get("unseen"))


def _begin_flush(session: Session, *_more: Any) -> None:
    if any(_changed(session)):
        session.connection(bind_arguments={"mapper": StudioProfile}).info[FLUSHING] = True


def _note_objects(session: Session, *_more: Any) -> None:
    changed = list(_changed(session))
    if not changed:
        return
    connection = session.connection(bind_arguments={"mapper": StudioProfile})
    connection.info.pop(FLUSHING, None)
    for each in changed:
        if _is_unseen(str(each.__tablename__)):
            connection.info[UNSEEN] = True
        else:
            _seen(connection).update(_studios_of(each, connection))


def _changed(session: Session) -> Iterator[Any]:
    dirty = (each for each in session.dirty if session.is_modified(each))
    for each in (*session.new, *dirty, *session.deleted):
        if isinstance(each, DirectoryModel):
            yield each


def _studios_of(row: Any, connection: Connection) -> set[int | None]:
    """The studios whose pages show the row, before and after; None for all pages, or if unknown."""
    if isinstance(row, StudioProfile):
        return {row.__dict__.get("id")}
    if isinstance(row, ReviewResponse):
        review = row.__dict__.get("review")
        return _studios_of(review, connection) if review is not None else {None}
    if isinstance(row, StudioDetails | StudioHours):
        return _studio_of_owner(row, connection)
    if "studio_id" not in inspect(row).mapper.columns:
        return {None}
    looked = inspect(row)
    past = looked.attrs.studio_id.history
    if past.added and not past.deleted and looked.key is not None:
        return {None}  # moved from a studio that was not loaded
    return {row.__dict__.get("studio_id"), *(past.deleted or ())}


def _studio_of_owner(row: Any, connection: Connection) -> set[int | None]:
    """None of them while its owner has no studio."""
    user_id = row.__dict__.get("user_id")
    if user_id is None or inspect(row).attrs.user_id.history.deleted:
        return {None}
    query = select(StudioProfile.id).where(StudioProfile.user_id == user_id)
    return set(connection.execute(query).scalars())


def _has_failed(connection: Connection) -> bool:
    """On PostgreSQL a failed statement ends the transaction, and its commit rolls back."""
    driver: Any = connection.connection.driver_connection
    status = getattr(getattr(driver, "info", None), "transaction_status", None)
    return getattr(status, "name", "") == "INERROR"


def _seen(connection: Connection) -> set[int | None]:
    found: set[int | None] = connection.info.setdefault(SEEN, set())
    return found


def _raise(connection: Connection) -> None:
    if connection.info.get(WHY) or _has_failed(connection):
        return  # nothing was written, or the commit rolls back
    if seen := connection.info.pop(SEEN, None):
        raise_versions(connection, seen)
    if connection.info.pop(UNSEEN, None):
        note_unseen(connection)
