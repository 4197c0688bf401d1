"""Reads of counted errors for their page."""

from collections.abc import Sequence

from sqlalchemy import Select, func, select

from portal.core.storage.database import db
from portal.monitoring.errors.counting import DROPPED
from portal.monitoring.errors.models import ErrorGroup, ErrorOccurrence


def groups_newest_first(release: str = "") -> Select[ErrorGroup]:
    """Of one release, or of all."""
    query = select(ErrorGroup).where(ErrorGroup.kind != DROPPED.kind)
    if release:
        query = query.where(ErrorGroup.release == release)
    return query.order_by(ErrorGroup.last_at.desc(), ErrorGroup.id.desc())


def latest_of(groups: Sequence[ErrorGroup]) -> dict[int, list[ErrorOccurrence]]:
    """The latest errors of each group, newest first."""
    ids = [each.id for each in groups]
    query = select(ErrorOccurrence).where(ErrorOccurrence.group_id.in_(ids))
    found: dict[int, list[ErrorOccurrence]] = {each: [] for each in ids}
    for each in db.session.scalars(query.order_by(ErrorOccurrence.id.desc())):
        found[each.group_id].append(each)
    return found


def dropped_errors() -> int:
    """How many came too fast, or could not be written."""
    query = select(func.sum(ErrorGroup.count)).where(ErrorGroup.kind == DROPPED.kind)
    return db.session.scalar(query) or 0
