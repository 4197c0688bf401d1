"""Restores: a verified backup's content into the live database, wholly or not at all."""

import hmac
from collections.abc import Callable, Sequence

from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from portal.accounts.models import Role
from portal.audit.actor import Actor
from portal.audit.service import Outcome, record
from portal.core.errors import Forbidden, PortalError, Refusal, Refused
from portal.core.storage.database import JsonDict, db
from portal.core.storage.sqlite import Door
from portal.databases.backups.catalogue.find import backup_named
from portal.databases.backups.create import take_backup
from portal.databases.backups.files import file_of
from portal.databases.backups.integrity import require_whole
from portal.databases.backups.models import Backup, Purpose
from portal.databases.backups.scratch import scratch_folder
from portal.databases.changes.journal import entry
from portal.databases.changes.plan import void_plans
from portal.databases.engines import engine_for
from portal.databases.engines.base import first_line
from portal.databases.engines.copies import Content, copier_for
from portal.databases.engines.derived import forget_derived, has_state
from portal.databases.migrations.applied import note_restored
from portal.databases.migrations.history import current_revision
from portal.databases.policies.maintenance import repeat_maintenance
from portal.databases.policies.overrides import end_overrides
from portal.databases.policies.release_gate import refuse_unless_served
from portal.databases.policies.target_leases import refuse_unless_clear
from portal.databases.public_version.version import renew_epoch
from portal.databases.targets.config import Target
from portal.databases.targets.control_rooms import sign, this_room
from portal.databases.targets.database_roles import grant_to_site
from portal.databases.targets.identity import Standing, judge
from portal.databases.targets.identity_label import read_label, stamp
from portal.databases.targets.registry import (
    control_room,
    known_control_room,
    note_state,
    register,
    telling_ops,
)
from portal.jobs.operations.progress import Progress

PHRASE = "RESTORE PRODUCTION"


def require_allowed(target: Target, text: str, *, by: Actor) -> None:
    """Production: an admin, and the phrase exactly. Raises Forbidden or Refused."""
    if not target.is_production:
        return
    if by.role != Role.ADMIN:
        raise Forbidden("Only an admin may restore production.", refusal=_refusal(target))
    if not hmac.compare_digest(text.encode("utf-8", "surrogatepass"), PHRASE.encode()):
        raise Refused(
            f"That is not exactly “{PHRASE}”; nothing was restored.", refusal=_refusal(target)
        )


def _refusal(target: Target) -> Refusal:
    return Refusal("restore.started", target.name)


def restore_target(
    target: Target, backup: Backup, *, text: str, by: Actor, progress: Progress
) -> JsonDict:
    """Put a verified backup into the live database, after a backup of the present.

    Raises Refused or Unavailable, and then the live database is as it was. A restore needs
    identity, confirmation and fitting releases; no window and no soak stand in its way.
    """
    require_allowed(target, text, by=by)
    require_whole(backup)
    _require_fitting(target, backup)
    db.session.commit()  # nobody waits for ops meanwhile; all of it is asked again afterwards
    with progress.step("Restore the backup into scratch and compare"):
        require_restorable(target, backup)
    present = _back_up_present(target, backup, by=by, progress=progress)
    return _carry_out(target, backup, _require_fitting, present=present, by=by, progress=progress)


def return_to(target: Target, backup: Backup, *, by: Actor, progress: Progress) -> JsonDict:
    """Put the backup back that was taken before a change which did not verify.

    Nobody confirms it, and it waits for no release: code that can't serve the old form shows its
    maintenance page. The present is kept where it can be: it may be the very thing that is broken.
    """
    require_whole(backup)
    require_own(target, backup)
    present = None
    try:
        present = _back_up_present(target, backup, by=by, progress=progress)
    except PortalError as error:
        db.session.rollback()
        progress.say(f"What the change left could not be backed up: {error}")
    return _carry_out(target, backup, require_own, present=present, by=by, progress=progress)


def _back_up_present(target: Target, backup: Backup, *, by: Actor, progress: Progress) -> str:
    reason = f"Before restoring {backup.name}"
    return take_backup(
        target, reason=reason, by=by, progress=progress, purpose=Purpose.RESTORE
    ).name


def _carry_out(
    target: Target,
    backup: Backup,
    check: Callable[[Target, Backup], None],
    *,
    present: str | None,
    by: Actor,
    progress: Progress,
) -> JsonDict:
    """`check` is asked again: the backup of the present took its time."""
    file, name = file_of(backup), backup.name
    digest, uuid = backup.content_digest, backup.database_uuid
    record("restore.started", name, by=by, outcome=Outcome.INTENT, target=target.name)
    db.session.commit()
    try:
        progress.check_alive()
        check(target, backup)
        db.session.rollback()
        with progress.step(f"Restore {name} into {target.name}"), scratch_folder() as folder:
            by_hand = copier_for(target.url).restore(
                file,
                folder=folder,
                digest=digest,
                database_uuid=uuid,
                watch=progress.advance,
                prepare=lambda url: _grant(target, url, progress),
            )
    except BaseException as error:
        record("restore.finished", name, by=by, outcome=Outcome.FAILED, target=target.name,
               reason=str(error))  # fmt: skip
        db.session.commit()
        raise
    for sentence in by_hand:
        progress.say(sentence)
    with telling_ops():
        return _record_restored(target, name, present, by=by, by_hand=by_hand)


def _grant(target: Target, url: URL, progress: Progress) -> None:
    """Grants are no part of a backup: the sites' role gets its own before they come to it.

    A role that is missing on this server must not keep the data away.
    """
    try:
        with engine_for(url).changing() as connection:
            grant_to_site(target, connection)
    except (DBAPIError, PortalError) as error:
        progress.say(
            f"The sites may not read it yet: {first_line(error)} Make the role, then run:"
            f" flask databases roles {target.name}"
        )


def settle_restore(
    target: Target, backup: Backup, *, by: Actor, undoes: str | None = None
) -> JsonDict | None:
    """After a crash: whether the live database is the backup's, with the record brought up.

    `undoes`: the journal's key of a change that was committed since the backup; where its entry is
    gone, the backup is back, whatever people have written since. Where it can't be told, what was
    planned is void as well. Raises Refused while another database stands at the target's address.
    Commits what is open before it looks.
    """
    file, digest, uuid = file_of(backup), backup.content_digest, backup.database_uuid
    db.session.commit()
    with engine_for(target.url).changing():
        pass  # rolls a torn restore back, and waits for one that goes on without its worker
    restored = copier_for(target.url).holds_restored(file, digest=digest, database_uuid=uuid) or (
        undoes is not None and not _has_entry(target, undoes)
    )
    require_own(target, backup, restored=restored)
    if not restored:
        record("restore.finished", backup.name, by=by, outcome=Outcome.FAILED,
               target=target.name, reason="It was cut short.")  # fmt: skip
        void_plans(target.name, because="A restore was cut short.", by=by)
        return None
    return _record_restored(target, backup.name, None, by=by)


def _has_entry(target: Target, key: str) -> bool:
    with engine_for(target.url).reading() as connection:
        return entry(connection, key) is not None


def _require_fitting(target: Target, backup: Backup) -> None:
    """Raises Refused for another database than the backup's, or live code that can't serve it."""
    require_own(target, backup)
    if backup.revision and target.is_directory:
        refuse_unless_served(target, backup.revision)
    else:
        refuse_unless_clear(target)


def require_own(target: Target, backup: Backup, *, restored: bool = False) -> None:
    """Raises Refused unless the backup is of the very database that stands there, as registered.

    `restored`: by a restore that was cut short before the new anchor was registered.
    """
    judgement = judge(target)
    fits = judgement.fits or (restored and judgement.standing is Standing.MOVED)
    if not fits or judgement.label is None:
        raise Refused(judgement.sentence, remedy=judgement.remedy)
    if backup.database_uuid != judgement.label.database_uuid:
        raise Refused(
            f"Backup {backup.name} is of another database than {target.name}.",
            remedy="Choose a backup of this one.",
            refusal=Refusal("restore.started", target.name, {"backup": backup.name}),
        )


def require_restorable(target: Target, backup: Backup) -> None:
    """Restore into scratch first: what is damaged must not come near the live database.

    A label from before the ops database was lost is believed where the backup key vouches for it.
    """
    file, digest, uuid = file_of(backup), backup.content_digest, backup.database_uuid
    is_vouched = bool(backup.vouched)
    require_whole(backup)
    room = known_control_room()
    key = room.identity_key if room else b""
    db.session.commit()
    with scratch_folder() as folder:
        url, content = copier_for(target.url).scratch(file, folder)
        with engine_for(url).reading() as connection:
            label = read_label(connection)
    _require_content(content, digest)
    is_known = label is not None and (is_vouched or label.is_signed_with(key))
    if label is None or label.database_uuid != uuid or not is_known:
        raise Refused("The label inside the backup isn't one that this control room wrote.")


def _require_content(content: Content, digest: str) -> None:
    if content.digest != digest:
        raise Refused(
            "The backup no longer restores to what was verified.", remedy="Choose another backup."
        )


def _record_restored(
    target: Target,
    name: str,
    present: str | None,
    *,
    by: Actor,
    by_hand: Sequence[str] = (),
) -> JsonDict:
    """Know the database again, and void what was planned before.

    `by_hand`: what the restore could not bring back by itself; it is no drift from now on.
    """
    _sign_again(target)
    revision = know_again(target)
    because = f"{target.name} was restored from {name}."
    void_plans(target.name, because=because, by=by)
    end_overrides(target.name, because=because)
    note_restored(backup_named(name))
    record(
        "restore.finished",
        name,
        by=by,
        target=target.name,
        details={"revision": revision, "present": present}
        | ({"by_hand": "\n".join(by_hand)} if by_hand else {}),
    )
    sentence = f"{target.name} holds what backup {name} held, at revision {revision}."
    return {
        "sentence": " ".join([sentence, *(["To do by hand:", *by_hand] if by_hand else [])]),
        "revision": revision,
        "present": present,
    }


def know_again(target: Target) -> str | None:
    """After a swap: anchor again, remember revision and schema anew; returns the revision.

    What follows from other rows is made anew: nobody compared it. Commits what is open, so that
    ops is free while whoever writes to the database is waited for.
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
        stands = target.is_directory and has_state(connection)
    if stands:
        with engine.changing() as connection:
            forget_derived(connection)


def _sign_again(target: Target) -> None:
    """A backup from before the ops database was lost brings back a label under another key."""
    engine, key, room = engine_for(target.url), control_room().identity_key, this_room()
    db.session.commit()
    with engine.reading() as connection:
        label = read_label(connection)
    if label is None or label.is_signed_with(key):
        return
    with engine.changing(Door.RESTORE) as connection:
        signed = stamp(
            connection,
            application=target.application,
            environment=target.environment,
            key=key,
            database_uuid=label.database_uuid,
        )
        sign(connection, signed, room)
