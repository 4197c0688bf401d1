"""After a restore: its record in ops, and the label and anchor of the restored database."""

from collections.abc import Sequence

from portal.audit.actor import Actor
from portal.audit.service import Outcome, record
from portal.core.errors import Refused
from portal.core.storage.database import JsonDict, db
from portal.core.storage.sqlite import SchemaAccess
from portal.databases.backups.catalogue.find import backup_named
from portal.databases.backups.models import Backup
from portal.databases.changes.journal import entry
from portal.databases.changes.plan import void_plans
from portal.databases.engines import engine_for
from portal.databases.engines.derived import forget_derived, has_state
from portal.databases.migrations.applied import note_restored
from portal.databases.migrations.history import current_revision
from portal.databases.policies.maintenance import repeat_maintenance
from portal.databases.policies.overrides import end_overrides
from portal.databases.public_version.version import renew_epoch
from portal.databases.restores.replace import (
    apply_in_place,
    finish_restores,
    restored_by,
    unfinished_restore,
)
from portal.databases.restores.requirements import require_own
from portal.databases.targets.config import Target
from portal.databases.targets.control_rooms import sign, this_room
from portal.databases.targets.identity_label import read_label, stamp
from portal.databases.targets.registry import control_room, note_state, register


def settle_restore(
    target: Target, backup: Backup, *, by: Actor, undoes: str | None = None
) -> JsonDict | None:
    """After a crash: the result if the live database holds the backup's content, else None.

    Either outcome is recorded.

    `undoes`: the journal key of a change that was committed after the backup; if its entry is
    missing, the backup was restored, even if users have written since. If the restore did not
    complete, plans are voided as well. Raises Refused while another database is at the target's
    address. Commits the open ops transaction first.
    """
    holds_it, is_on_record = restored_by(target, backup), _is_on_record(target, backup)
    db.session.commit()
    with engine_for(target.url).changing():
        pass  # rolls an incomplete restore back, and waits for one whose worker died
    restored = holds_it() or (undoes is not None and not _has_entry(target, undoes))
    require_own(target, backup, restored=restored)
    if not restored:
        record("restore.finished", backup.name, by=by, outcome=Outcome.FAILED,
               target=target.name, reason="It was cut short.")  # fmt: skip
        void_plans(target.name, because="A restore was cut short.", by=by)
        finish_restores(target.name, backup.name, is_done=False)
        return None
    if not is_on_record:
        apply_in_place(target, backup)
    return record_restored(target, backup.name, None, by=by)


def _is_on_record(target: Target, backup: Backup) -> bool:
    """Whether a restore is, which then ended again what was ended before it took place."""
    return unfinished_restore(target.name, backup.name) is not None


def _has_entry(target: Target, key: str) -> bool:
    with engine_for(target.url).reading() as connection:
        return entry(connection, key) is not None


def record_restored(
    target: Target, name: str, present: str | None, *, by: Actor, by_hand: Sequence[str] = ()
) -> JsonDict:
    """Register the database again, and void the plans made before.

    `by_hand`: what the restore could not recreate; it no longer counts as drift.
    """
    _sign_again(target)
    revision = know_again(target)
    because = f"{target.name} was restored from {name}."
    void_plans(target.name, because=because, by=by)
    end_overrides(target.name, because=because)
    note_restored(backup_named(name))
    done = finish_restores(target.name, name, is_done=True)
    record(
        "restore.finished",
        name,
        by=by,
        target=target.name,
        details={"revision": revision, "present": present}
        | ({"by_hand": "\n".join(by_hand)} if by_hand else {})
        | (done.details if done else {}),
    )
    sentence = f"{target.name} holds what backup {name} held, at revision {revision}."
    more = [*(done.sentences if done else []), *(["To do by hand:", *by_hand] if by_hand else [])]
    return {
        "sentence": " ".join([sentence, *more]),
        "revision": revision,
        "present": present,
        "backup": name,
        "applied": done.applied if done else [],
        "missing": done.missing if done else [],
    }


def know_again(target: Target) -> str | None:
    """After the content was replaced: register anchor, revision and schema again; returns the
    revision.

    Derived rows are rebuilt, since they were not compared. Commits the open ops transaction, so
    that ops is not locked while writers of the database are waited for.
    """
    engine = engine_for(target.url)
    db.session.commit()
    with engine.reading() as connection:
        label = read_label(connection)
    if label is None:
        raise Refused(f"{target.name} carries no label after the restore.")
    _forget_derived(target)
    if target.is_directory:
        renew_epoch(target)
    repeat_maintenance(target)
    with engine.reading() as connection:
        anchor, objects = engine.anchor(connection), engine.schema_objects(connection)
        revision, digest = current_revision(connection), engine.schema_digest(connection)
    register(target, label, anchor=anchor, address=engine.address)
    note_state(target.name, revision=revision, schema_digest=digest, schema_objects=objects)
    return revision


def _forget_derived(target: Target) -> None:
    engine = engine_for(target.url)
    with engine.reading() as connection:
        is_directory = target.is_directory and has_state(connection)
    if is_directory:
        with engine.changing() as connection:
            forget_derived(connection)


def _sign_again(target: Target) -> None:
    """Sign the label again where the backup's has another key: it was taken before the ops database
    was lost."""
    engine, key, room = engine_for(target.url), control_room().identity_key, this_room()
    db.session.commit()
    with engine.reading() as connection:
        label = read_label(connection)
    if label is None or label.is_signed_with(key):
        return
    with engine.changing(SchemaAccess.RESTORE) as connection:
        signed = stamp(
            connection,
            application=target.application,
            environment=target.environment,
            key=key,
            database_uuid=label.database_uuid,
        )
        sign(connection, signed, room)
