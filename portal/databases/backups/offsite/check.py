"""Whether the copies in the store are still there as they were sent.

A quick check compares names and sizes; only decrypting all of a copy proves that it is intact.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select

from portal.audit.actor import Actor
from portal.audit.service import Outcome, record
from portal.core.clock import now
from portal.core.errors import NotFound, PortalError
from portal.core.files.object_store import Store
from portal.core.storage.database import db
from portal.databases.backups.catalogue.rows import readable_copies
from portal.databases.backups.encryption import HashingWriter, unseal
from portal.databases.backups.key import BackupKey, backup_key
from portal.databases.backups.models import Backup, BackupCopy, CopyState
from portal.databases.backups.offsite.encrypted_copy import MANIFEST, manifest_in, sealed_name

AGAIN = timedelta(days=7)
"""How long a copy that was decrypted completely is trusted by its size alone."""

AliveCheck = Callable[[], None]


def stored_copies(store: str) -> list[BackupCopy]:
    """The copies recorded as being in this store, the oldest first."""
    query = (
        select(BackupCopy)
        .join(Backup)
        .where(BackupCopy.store == store, BackupCopy.state == CopyState.STORED)
        .where(Backup.removed_at.is_(None))
        .order_by(Backup.taken_at)
    )
    return readable_copies(query)


def glance(copy: BackupCopy, sizes: Mapping[str, int | None]) -> str | None:
    """What is wrong with a copy, judging by names and sizes."""
    sealed, manifest = sealed_name(copy.backup), copy.backup.name + MANIFEST
    if missing := next((name for name in (sealed, manifest) if name not in sizes), None):
        return f"{missing} is missing there"
    if none := next((name for name in (sealed, manifest) if sizes[name] is None), None):
        return f"{none} can’t be read there: it is no file"
    if not sizes[manifest]:
        return f"{manifest} is empty there"
    found = sizes[sealed]
    if copy.size is not None and found != copy.size:
        return f"{sealed} has {found:,} of {copy.size:,} bytes there"
    return None


@dataclass(frozen=True)
class CopyToCheck:
    """What is needed to check a copy, as plain values: reading them takes no lock."""

    name: str
    sealed: str
    sha256: str


def asked(copy: BackupCopy) -> CopyToCheck:
    return CopyToCheck(copy.backup.name, sealed_name(copy.backup), copy.backup.sha256)


def opened(copy: CopyToCheck, store: Store, key: BackupKey) -> str | None:
    """Why a copy does not decrypt to what was verified; None if it does. Reads all of it."""
    found = HashingWriter()
    try:
        manifest = manifest_in(store, copy.name, key)
        with store.reading(copy.sealed) as source:
            unseal(source, found, key)
    except NotFound as error:
        return error.sentence.rstrip(".")
    except PortalError as error:
        return str(error).rstrip(".")
    if {found.sha256, manifest.sha256} != {copy.sha256}:
        return "it holds something else than what was verified"
    return None


def faulty_copies(store: Store, *, whole: bool = False) -> Iterator[tuple[BackupCopy, str]]:
    """Each with the reason. `whole`: each is decrypted. Raises Unavailable without store or key."""
    key, sizes = backup_key(), store.sizes()
    for copy in stored_copies(store.address):
        why = glance(copy, sizes)
        if why is None and (whole or copy.backup.damage):
            why = opened(asked(copy), store, key)
        if why:
            yield copy, why


def look_at_copies(store: Store, *, by: Actor, alive: AliveCheck) -> list[str]:
    """Find copies that are no longer intact, so that they are sent again; a sentence each.

    Commits each: a slow copy never loses earlier results, and does not block other writers of ops.
    A copy that was removed in the meantime is not damaged.
    """
    key = backup_key()
    db.session.commit()
    sizes, sentences = store.sizes(), list[str]()
    for copy_id in [each.id for each in stored_copies(store.address)]:
        alive()
        copy = db.session.get_one(BackupCopy, copy_id)
        why = glance(copy, sizes)
        if why is None and _is_due(copy):
            facts = asked(copy)
            db.session.commit()
            why = opened(facts, store, key)
            copy.checked_at = now()
        if not copy.is_stored:
            continue
        if why:
            sentences.append(damaged(copy, why))
            _note(copy, why, by=by)
        db.session.commit()
    return sentences


def damaged(copy: BackupCopy, why: str) -> str:
    return f"The copy of {copy.backup.name} in {copy.store} is damaged: {why}."


def _is_due(copy: BackupCopy) -> bool:
    seen = copy.checked_at or copy.stored_at
    return seen is None or now() - seen > AGAIN or copy.backup.damage is not None


def _note(copy: BackupCopy, why: str, *, by: Actor) -> None:
    copy.state, copy.why, copy.next_attempt_at = CopyState.FAILED, damaged(copy, why), now()
    record(
        "backup.damaged",
        copy.backup.name,
        by=by,
        outcome=Outcome.FAILED,
        target=copy.backup.target,
        details={"store": copy.store},
        reason=why,
    )
