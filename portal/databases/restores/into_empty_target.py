"""Restores a backup where there is no database: it was lost, or the machine is new.

The registered database comes back as what it was, at its registered address. Anywhere else it has
no owner until an admin adopts it. Existing data is never overwritten: what is left of a lost
database is set aside.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DatabaseError

from portal.audit.actor import Actor
from portal.audit.service import Outcome, record
from portal.core.errors import Refusal, Refused
from portal.core.storage.database import JsonDict, db
from portal.databases.backups.integrity import require_whole, visible_damage
from portal.databases.backups.models import Backup
from portal.databases.engines import engine_for
from portal.databases.engines.base import DatabaseEngine
from portal.databases.engines.sqlite.remains import remains, set_aside
from portal.databases.migrations.applied import note_restored
from portal.databases.restores.models import Restore
from portal.databases.restores.replace import Replacement, finish_restores, restored_by
from portal.databases.restores.requirements import require_allowed, require_restorable
from portal.databases.restores.settle import record_restored, settle_restore
from portal.databases.restores.undone_runs import with_runs_closed
from portal.databases.targets.config import Target, targets
from portal.databases.targets.identity import IdentityState, judge, uuid_at
from portal.databases.targets.registry import outcome_must_be_recorded, registered_target
from portal.jobs.models import OperationState
from portal.jobs.operations.progress import Progress
from portal.jobs.operations.registry import Truth


def is_vacant(target: Target) -> bool:
    """Whether there is no database at the target's address, or one without any table."""
    engine = engine_for(target.url)
    return not engine.exists() or _is_empty(engine)


def is_lost(target: Target) -> bool:
    """Whether a backup can be put at the target's address: nothing is there, or only what is left
    of the registered database, which its engine finds damaged.
    """
    judgement = judge(target)
    if judgement.state in {IdentityState.EMPTY, IdentityState.UNKNOWN} and not judgement.label:
        return _is_empty(engine_for(target.url))
    return judgement.state is IdentityState.MISSING or _is_damaged(target)


def is_registered_here(target: Target, database_uuid: str) -> bool:
    """Whether that database is the registered one, and this address the one of its registration."""
    known, address = registered_target(target.name), engine_for(target.url).address
    return known is not None and (known.database_uuid, known.address) == (database_uuid, address)


def place_backup(
    target: Target, backup: Backup, *, text: str, by: Actor, progress: Progress
) -> JsonDict:
    """Create the target's database from a verified backup. Commits. Raises Refused."""
    require_allowed(target, text, by=by)
    _require_own(target, backup)
    require_whole(backup)
    name, uuid = backup.name, backup.database_uuid
    db.session.commit()  # ops is not locked during the restore into scratch
    with progress.step("Restore the backup into scratch and compare"):
        require_restorable(target, backup)
    replacement = Replacement(target, backup, by=by)
    with progress.step(f"Make {target.name} from {name}"):
        progress.check_alive()
        _require_own(target, backup)
        with _leaving_nothing(target, name, by=by):
            _make_room(target, progress)
            db.session.rollback()  # ops is not locked during the restore either
            engine_for(target.url).create()
            by_hand = replacement.carry_out(progress)
    for sentence in by_hand:
        progress.say(sentence)
    if is_registered_here(target, uuid):
        with outcome_must_be_recorded():
            return record_restored(target, name, None, by=by, by_hand=by_hand)
    note_restored(backup)
    done = finish_restores(target.name, name, is_done=True)
    details = {"placed": True} | (done.details if done else {})
    record("restore.finished", name, by=by, target=target.name, details=details)
    return _waiting_for_adoption(target, name, done)


def require_usable(backup: Backup) -> None:
    """Raises Refused for a backup that visibly can't be restored: its file is read completely
    later."""
    if backup.removed_at is not None:
        raise Refused(f"Backup {backup.name} was removed.", remedy="Choose another backup.")
    if not backup.is_proven:
        raise Refused(f"Backup {backup.name} was never verified.", remedy="Choose another backup.")
    if damage := visible_damage(backup):
        raise Refused(
            f"Backup {backup.name} is damaged: {damage}.", remedy="Choose another backup."
        )


def settle_placed(target: Target, backup: Backup, *, by: Actor) -> Truth:
    """After a crash: whether the backup is at the address. Commits."""
    name, is_known = backup.name, is_registered_here(target, backup.database_uuid)
    holds_it = restored_by(target, backup)
    db.session.commit()
    if is_lost(target):
        finish_restores(target.name, name, is_done=False)
        return OperationState.FAILED, f"There is still no database for {target.name}.", None
    if not is_known:
        if not holds_it():
            finish_restores(target.name, name, is_done=False)
            return OperationState.FAILED, f"{target.name} is not what {name} holds.", None
        done = finish_restores(target.name, name, is_done=True)
        result: JsonDict | None = _waiting_for_adoption(target, name, done)
    else:
        result = settle_restore(target, backup, by=by)
    if result is None:
        return OperationState.FAILED, f"{target.name} is not what {name} holds.", None
    result = with_runs_closed(result, target, name, by=by)
    db.session.commit()
    return OperationState.DONE, str(result["sentence"]), result


def _waiting_for_adoption(target: Target, name: str, done: Restore | None) -> JsonDict:
    more = done.sentences if done else []
    restored = " ".join([f"{target.name} was restored from {name}.", *more])
    return {
        "sentence": f"{restored} It can't be changed until an admin has adopted it:"
        f" flask databases adopt {target.name}"
    }


def _make_room(target: Target, progress: Progress) -> None:
    """Set aside what a lost database left: a new one must not meet its log."""
    engine = engine_for(target.url)
    if engine.exists() and not _is_damaged(target):
        return  # empty, and whole
    for path in set_aside(target.url):
        progress.say(f"Set aside, as it may be all that is left: {path}")


@contextmanager
def _leaving_nothing(target: Target, name: str, *, by: Actor) -> Iterator[None]:
    """On failure, drop the empty database that was created for it, and record the failure."""
    engine = engine_for(target.url)
    existed = engine.exists() and not _is_damaged(target)
    try:
        yield
    except BaseException as error:
        if not existed and engine.exists() and not _is_damaged(target) and _is_empty(engine):
            engine.drop()
        db.session.rollback()
        finish_restores(target.name, name, is_done=False)
        record("restore.finished", name, by=by, outcome=Outcome.FAILED, target=target.name,
               reason=str(error))  # fmt: skip
        db.session.commit()
        raise


def _require_own(target: Target, backup: Backup) -> None:
    if backup.target != target.name:
        raise _refused(target, backup.name, f"Backup {backup.name} is one of {backup.target}.")
    if not is_lost(target):
        sentence = f"There already is a database at {target.name}'s address."
        raise _refused(target, backup.name, sentence)
    if other := _elsewhere(target, backup):
        raise _refused(
            target,
            backup.name,
            f"{other.name.capitalize()}'s address leads to this very {target.name}."
            f" Fix {other.variable}, or {target.variable}.",
        )


def _elsewhere(target: Target, backup: Backup) -> Target | None:
    """Another target with this address, or at whose address this very database answers."""
    here, uuid = engine_for(target.url), backup.database_uuid
    for each in targets():
        there = engine_for(each.url)
        if each.name != target.name and (there.same_place(here) or uuid_at(there) == uuid):
            return each
    return None


def _is_damaged(target: Target) -> bool:
    """Only at the registered address: elsewhere it may be any other file."""
    known, engine = registered_target(target.name), engine_for(target.url)
    if known is None or known.address != engine.address or not remains(target.url):
        return False
    return judge(target).is_damaged


def _is_empty(engine: DatabaseEngine) -> bool:
    """False for one that can't be read."""
    try:
        with engine.reading() as connection:
            return not engine.tables(connection)
    except (DatabaseError, sqlite3.Error, OSError):
        return False


def _refused(target: Target, name: str, sentence: str) -> Refused:
    return Refused(sentence, refusal=Refusal("restore.started", target.name, {"backup": name}))
