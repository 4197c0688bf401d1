"""What a restore requires: who may, the right database, releases that fit, a sound backup."""

import hmac

from portal.accounts.models import Role
from portal.audit.actor import Actor
from portal.core.errors import Forbidden, Refusal, Refused
from portal.core.storage.database import db
from portal.databases.backups.files import file_of
from portal.databases.backups.integrity import require_whole
from portal.databases.backups.models import Backup
from portal.databases.backups.scratch import scratch_folder
from portal.databases.engines import engine_for
from portal.databases.engines.copies import Content, copier_for
from portal.databases.policies.release_gate import refuse_unless_served
from portal.databases.policies.target_leases import refuse_unless_clear
from portal.databases.targets.config import Target
from portal.databases.targets.identity import IdentityState, judge
from portal.databases.targets.identity_label import read_label
from portal.databases.targets.registry import known_control_room

PHRASE = "RESTORE PRODUCTION"


def require_allowed(target: Target, text: str, *, by: Actor) -> None:
    """Production needs an admin and the exact phrase. Raises Forbidden or Refused."""
    if not target.is_production:
        return
    if by.role != Role.ADMIN:
        raise Forbidden("Only an admin may restore production.", refusal=_refusal(target))
    if not hmac.compare_digest(text.encode("utf-8", "surrogatepass"), PHRASE.encode()):
        raise Refused(
            f"That is not exactly “{PHRASE}”; nothing was restored.",
            refusal=_refusal(target),
            field="text",
        )


def _refusal(target: Target) -> Refusal:
    return Refusal("restore.started", target.name)


def require_fitting(target: Target, backup: Backup) -> None:
    """Raises Refused for another database than the backup's, or live code that can't serve it."""
    require_own(target, backup)
    if backup.revision and target.is_directory:
        refuse_unless_served(target, backup.revision)
    else:
        refuse_unless_clear(target)


def require_own(target: Target, backup: Backup, *, restored: bool = False) -> None:
    """Raises Refused unless the backup is of the database at the target's address, which must be
    the registered one.

    `restored`: accept an unregistered anchor, left by a restore that was interrupted before it
    was registered.
    """
    judgement = judge(target)
    fits = judgement.fits or (restored and judgement.state is IdentityState.MOVED)
    if not fits or judgement.label is None:
        raise Refused(judgement.sentence, remedy=judgement.remedy)
    if backup.database_uuid != judgement.label.database_uuid:
        raise Refused(
            f"Backup {backup.name} is of another database than {target.name}.",
            remedy="Choose a backup of this one.",
            refusal=Refusal("restore.started", target.name, {"backup": backup.name}),
        )


def require_restorable(target: Target, backup: Backup) -> None:
    """Restore into scratch first, so that a damaged backup never reaches the live database.

    A label signed before the ops database was lost is accepted if the backup key signed the
    manifest. Raises Refused.
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
