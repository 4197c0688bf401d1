"""The outcome of a sync: recorded, determined again after a crash, displayed."""

from pathlib import Path

from sqlalchemy import func, select

from portal.audit.actor import Actor
from portal.audit.service import Outcome, record
from portal.core.clock import now
from portal.core.errors import NotFound
from portal.core.storage.between_pages import cached_until_commit
from portal.core.storage.database import JsonDict, db
from portal.databases.changes.plan import void_plans
from portal.databases.engines import engine_for
from portal.databases.engines.copies import copier_for
from portal.databases.migrations.applied import note_synced
from portal.databases.restores.settle import know_again
from portal.databases.sync.models import Sync
from portal.databases.targets.config import Target
from portal.databases.targets.database_roles import grant_to_site, has_two_roles
from portal.jobs.models import Operation
from portal.jobs.operations.queries import WATCHED, newest_ended

KIND = "databases.sync"
WATCHED.add(KIND)


def complete(
    sync: Sync, target: Target, *, by: Actor, steps: dict[str, float] | None = None
) -> JsonDict:
    """After the swap: register the database again, and record its new content."""
    copier_for(target.url).leave_no_trace()
    if has_two_roles(target):
        with engine_for(target.url).changing() as connection:
            grant_to_site(target, connection)
    know_again(target)
    note_synced(target, sync.source_uuid, sync.from_revision)
    void_plans(target.name, because=f"{target.name} was synced.", by=by)
    sync.finished_at, sync.steps = now(), steps or sync.steps
    record(
        "sync.finished",
        sync.name,
        by=by,
        target=target.name,
        details={"rows": sync.rows, "revision": sync.to_revision, "backup": sync.backup},
    )
    behind = len(sync.left_behind or [])
    stayed = f" {behind} objects that its revisions don't make stayed behind." if behind else ""
    return {
        "sentence": f"{sync.rows} rows of {len(sync.counts)} tables; {sync.anonymised} columns were"
        f" anonymised. {target.name.capitalize()} is at revision {sync.to_revision};"
        f" what it held before is in {sync.backup}.{stayed}",
        "sync": sync.name,
        "backup": sync.backup,
    }


def settle_sync(target: Target, operation: str, *, by: Actor) -> JsonDict | None:
    """After a crash: whether the anonymised copy is in the target's place, with the record updated;
    None if the target is as it was. Commits what is open before it looks.
    """
    query = select(Sync).where(Sync.operation == operation, Sync.finished_at.is_(None))
    sync, copier = db.session.scalar(query), copier_for(target.url)
    made = (
        (f"{sync.name}{copier.suffix}", sync.content_digest, sync.database_uuid) if sync else None
    )
    db.session.commit()
    with engine_for(target.url).changing():
        pass  # rolls a torn swap back, and waits for one that continues without its worker
    if sync and made and _is_in_place(target, *made):
        return complete(sync, target, by=by)
    record("sync.finished", by=by, outcome=Outcome.FAILED, target=target.name,
           reason="It was cut short.")  # fmt: skip
    return None


def _is_in_place(target: Target, file: str, digest: str, uuid: str) -> bool:
    copier = copier_for(target.url)
    return copier.holds_restored(Path(file), digest=digest, database_uuid=uuid)


def last_sync(target: str) -> Sync | None:
    """The newest that was finished."""
    return _last_syncs().get(target)


@cached_until_commit()
def _last_syncs() -> dict[str, Sync]:
    """The last syncs by target, in one query."""
    return {each.target: each for each in db.session.scalars(_LAST)}


_LAST = select(Sync).where(
    Sync.id.in_(
        select(func.max(Sync.id)).where(Sync.finished_at.is_not(None)).group_by(Sync.target)
    )
)


def failed_sync(target: str) -> Operation | None:
    """The newest attempt, if it ended without a sync."""
    newest = newest_ended(KIND)
    return newest if newest and newest.target == target and not newest.is_done else None


def sync_named(name: str) -> Sync:
    """Raises NotFound."""
    query = select(Sync).where(Sync.name == name, Sync.finished_at.is_not(None))
    if sync := db.session.scalar(query):
        return sync
    raise NotFound(f"There is no sync named {name}.", remedy="Look at /ops/databases.")
