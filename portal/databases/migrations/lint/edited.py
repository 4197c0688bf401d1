"""Revisions that were edited after they were applied, according to the control room's records."""

from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from portal.core.errors import PortalError
from portal.core.storage.database import db, reading
from portal.databases.engines.base import first_line
from portal.databases.migrations.applied import EditedRevision, edited
from portal.databases.migrations.lint.suppressions import Finding
from portal.databases.targets.config import Target, targets
from portal.databases.targets.registry import registered_target


def edited_findings(path: Path) -> tuple[list[Finding], list[str]]:
    """The findings of this history, or of one of its files, and why some could not be compared.

    No comment in the file can accept such a finding.
    """
    path, found, unread = path.resolve(), [], []
    with reading():
        for target in targets():
            try:
                found += _of(target)
            except (PortalError, SQLAlchemyError) as error:
                db.session.rollback()
                reason = str(error) if isinstance(error, PortalError) else first_line(error)
                unread.append(f"Not compared with what was applied to {target.name}: {reason}")
    chosen = [each for each in found if path in (each.file, *each.file.parents)]
    return [_finding(each) for each in chosen], unread


def _of(target: Target) -> list[EditedRevision]:
    known = registered_target(target.name)
    return edited(target, known.revision, known.database_uuid) if known else []


def _finding(edited: EditedRevision) -> Finding:
    rule, words = "edited-after-applied", (edited.sentence, edited.remedy)
    return Finding(rule, edited.file, 1, edited.revision.id, *words)
