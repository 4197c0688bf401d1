"""The code of applied revisions: what each revision ran with, so that later edits are detected.

A digest is stored when a revision is applied. A revision that was applied before digests were
stored, or in another way, is recorded when it is first seen, with the digest of its file at that
time. See `revision_code` for what counts as an edit.
"""

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session, scoped_session

from portal.audit.actor import Actor, at_the_console
from portal.audit.service import append, record
from portal.core.clock import now
from portal.core.errors import Conflict, PortalError, Refusal
from portal.core.storage.database import db, own_ops_transaction
from portal.databases.backups.models import Backup
from portal.databases.migrations.models import AppliedRevision, Noted
from portal.databases.migrations.revision import Revision
from portal.databases.migrations.revision_code import code_digest
from portal.databases.policies.held import require_unheld
from portal.databases.policies.overrides import require_admin, required_reason
from portal.databases.targets.config import Target
from portal.databases.targets.registry import registered_target

Writable = Session | scoped_session[Any]

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class EditedRevision:
    """A revision whose file does something other than the recorded code; `row` says since when."""

    revision: Revision
    noted: Noted
    noted_at: datetime
    target: str

    @property
    def file(self) -> Path:
        return self.revision.file.resolve()

    @property
    def sentence(self) -> str:
        known = {
            Noted.APPLIED: "it was applied",
            Noted.FIRST_SEEN: "it was first seen applied",
            Noted.ACCEPTED: "an edit of it was accepted",
        }
        return (
            f"The code of revision {self.revision.id}, {self.revision.file}, was edited since"
            f" {known[self.noted]} in {self.target} on {self.noted_at:%Y-%m-%d %H:%M} UTC."
        )

    @property
    def remedy(self) -> str:
        return (
            "Put the file back as it was, and write what is new as a revision of its own; or an"
            " admin accepts the file as it is:"
            f" flask databases accept-revision {self.target} {self.revision.id} --reason WHY"
        )


def codes_of(revisions: Collection[Revision]) -> dict[str, str]:
    """Code digests by id, without files that can't be read: these are recorded when first seen."""
    found = {}
    for each in revisions:
        try:
            found[each.id] = code_digest(each.file)
        except (OSError, SyntaxError, ValueError):
            log.exception("The code of revision %s could not be read", each.id)
    return found


def note_move(
    target: Target,
    before: str | None,
    after: str | None,
    *,
    codes: Mapping[str, str] | None = None,
    ran: bool = True,
) -> None:
    """After a change from one revision to another: record those applied, end those reverted. The
    caller commits.

    `codes`: of what ran, if that was read before; `ran` is False if a revision was only stamped.
    Never raises: the change was committed.
    """
    known = registered_target(target.name)
    if known is None:
        return
    there, here = _chain(target, before), _chain(target, after)
    came = [each for each in here if each.id not in {one.id for one in there}]
    reverted = {each.id for each in there} - {each.id for each in here}
    given = {each.id: codes[each.id] for each in came if codes and each.id in codes}
    found = {**codes_of([each for each in came if each.id not in given]), **given}
    _end(db.session, known.database_uuid, reverted | {each.id for each in came})
    if ran:
        _enter(db.session, known.database_uuid, found, Noted.APPLIED)


def note_restored(backup: Backup) -> None:
    """The database, and so its applied code, is as it was at the backup. The caller commits."""
    moment, rows = backup.taken_at, _rows(db.session, backup.database_uuid)
    for row in rows:
        if row.noted is Noted.APPLIED and row.noted_at > moment and row.ended_at is None:
            row.ended_at = now()
    applied = {row.revision for row in rows if row.ended_at is None}
    for row in sorted(rows, key=lambda each: each.noted_at, reverse=True):
        was_applied = row.noted_at <= moment and row.ended_at is not None and row.ended_at > moment
        if was_applied and row.revision not in applied:
            row.ended_at = None
            applied.add(row.revision)


def note_synced(target: Target, source_uuid: str, from_revision: str | None) -> None:
    """Its content comes from another database, upgraded from that revision. The caller commits."""
    known = registered_target(target.name)
    if known is None:
        return
    theirs = {row.revision: row.code for row in _applied(db.session, source_uuid).values()}
    come = {each.id for each in _chain(target, from_revision)}
    kept = {revision: code for revision, code in theirs.items() if revision in come}
    own = [each for each in _chain(target, known.revision) if each.id not in come]
    _end(db.session, known.database_uuid, None)
    _enter(db.session, known.database_uuid, {**kept, **codes_of(own)}, Noted.APPLIED)


def edited(target: Target, revision: str | None, database_uuid: str) -> list[EditedRevision]:
    """The revisions up to this one whose file does something other than what ran.

    Raises Conflict if the history can't be read.
    """
    known = _applied(db.session, database_uuid)
    return [
        EditedRevision(each, row.noted, row.noted_at, target.name)
        for each in (target.history.pending(None, revision) if revision else [])
        if (row := known.get(each.id)) and _code(each) != row.code
    ]


def note_first_seen(target: Target, revision: str | None, database_uuid: str) -> list[str]:
    """Record the revisions of the database that have no record yet; returns their ids.

    In a transaction of its own: the caller may be read-only.
    """
    known = _applied(db.session, database_uuid)
    unknown = [each for each in _chain(target, revision) if each.id not in known]
    codes = codes_of(unknown)
    if not codes:
        return []
    with own_ops_transaction() as session:
        _enter(session, database_uuid, codes, Noted.FIRST_SEEN)
        append(
            session,
            "revision.first-seen",
            by=at_the_console(),
            target=target.name,
            details=dict(codes),
        )
    return list(codes)


def accept_revision(target: Target, revision: str, *, reason: str, by: Actor) -> EditedRevision:
    """Accept an edited file as what ran. Raises Forbidden, Invalid or Conflict. Caller commits."""
    require_admin(target, "revision.accepted", by=by)
    reason = required_reason(reason)
    sentence = f"No revision of {target.name} is accepted while a change runs"
    require_unheld(target.name, "revision.accepted", sentence)
    known = registered_target(target.name)
    found = edited(target, known.revision, known.database_uuid) if known else []
    chosen = next((each for each in found if each.revision.id == revision), None)
    if known is None or chosen is None:
        raise Conflict(
            f"Revision {revision} of {target.name} is on record as its file says.",
            refusal=Refusal("revision.accepted", target.name, {"revision": revision}),
        )
    code = code_digest(chosen.file)
    _end(db.session, known.database_uuid, {revision})
    _enter(db.session, known.database_uuid, {revision: code}, Noted.ACCEPTED)
    record(
        "revision.accepted",
        revision,
        by=by,
        target=target.name,
        details={"code": code},
        reason=reason,
    )
    return chosen


def _code(revision: Revision) -> str | None:
    """None, which equals no record, for a file that can't be read."""
    return codes_of([revision]).get(revision.id)


def _chain(target: Target, revision: str | None) -> list[Revision]:
    """All revisions up to this one; empty if the history does not contain it or can't be read."""
    if revision is None:
        return []
    try:
        return target.history.pending(None, revision)
    except PortalError:
        return []


def _rows(session: Writable, database_uuid: str) -> list[AppliedRevision]:
    query = select(AppliedRevision).where(AppliedRevision.database_uuid == database_uuid)
    return list(session.scalars(query.order_by(AppliedRevision.id)))


def _applied(session: Writable, database_uuid: str) -> dict[str, AppliedRevision]:
    """The records of the revisions that are applied in the database now; the newest last."""
    rows = _rows(session, database_uuid)
    return {row.revision: row for row in rows if row.ended_at is None}


def _enter(session: Writable, uuid: str, codes: Mapping[str, str], noted: Noted) -> None:
    for revision, code in codes.items():
        session.add(AppliedRevision(database_uuid=uuid, revision=revision, code=code, noted=noted))


def _end(session: Writable, uuid: str, revisions: Collection[str] | None) -> None:
    """`revisions`: None for all of the database."""
    query = update(AppliedRevision).where(
        AppliedRevision.database_uuid == uuid, AppliedRevision.ended_at.is_(None)
    )
    if revisions is not None:
        query = query.where(AppliedRevision.revision.in_(revisions))
    session.execute(query.values(ended_at=now()))
