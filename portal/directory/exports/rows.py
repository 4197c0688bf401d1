"""The lines of an export, in parts of some hundred studios."""

import csv
import io
from collections.abc import Iterable, Iterator

from sqlalchemy import Select, select
from sqlalchemy.orm import selectinload

from portal.core.storage.database import db
from portal.directory.claims.models import Origin
from portal.directory.claims.placeholders import is_placeholder
from portal.directory.exports.escaping import escaped
from portal.directory.imports.columns import (
    COLUMNS,
    COORDINATES,
    COUNTRY,
    EMAIL,
    KEY,
    LINKED,
    STATUS,
    TYPES,
)
from portal.directory.models import StudioProfile, StudioStatus, User
from portal.directory.owners.fields import connections_of
from portal.directory.owners.models import StudioDetails
from portal.directory.owners.own import Own
from portal.directory.visibility import slug_of

BOM = "\ufeff"
LISTS = frozenset({"services_offered", "equipment_list"})
SEPARATORS = frozenset(";|")
NOT_EXPORTED = frozenset({COORDINATES, COUNTRY})
NAMES = tuple(each.name for each in COLUMNS if each.name not in NOT_EXPORTED)
WORDS = {StudioStatus.DRAFT: "draft", StudioStatus.PENDING: "pending"}


def export_lines(numbers: Iterable[list[int]], *, with_emails: bool) -> Iterator[str]:
    """CSV with CRLF, in pieces; `numbers`: of the studios, in parts. Each part is read in a
    transaction of its own, so that none is long."""
    names = [each for each in NAMES if with_emails or each != EMAIL]
    yield BOM + _line(names)
    for part in numbers:
        rows = db.session.execute(_query(part))
        yield "".join(
            _line([_cell(each, studio, user, origin) for each in names])
            for studio, user, origin in rows
        )
        db.session.expunge_all()
        db.session.rollback()


def _query(numbers: list[int]) -> Select[StudioProfile, User, Origin]:
    return (
        select(StudioProfile, User, Origin)
        .join(User, User.id == StudioProfile.user_id)
        .outerjoin(Origin, Origin.studio_number == StudioProfile.id)
        .where(StudioProfile.id.in_(numbers))
        .options(selectinload(StudioProfile.types), selectinload(StudioProfile.services))
        .order_by(StudioProfile.id)
    )


def _line(cells: list[str]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text).writerow([escaped(each) for each in cells])
    return text.getvalue()


def _cell(name: str, studio: StudioProfile, user: User, origin: Origin | None) -> str:
    if name == KEY:
        return origin.key if origin else slug_of(studio.name, studio.id)
    if name == EMAIL:
        known = origin.email if origin else None
        return known or "" if is_placeholder(user) else user.email
    if name == STATUS:
        return _status(studio)
    if name == TYPES:
        return "; ".join(sorted(each.studio_type.value for each in studio.types))
    if name == LINKED:
        return "; ".join(connections_of(Own(user, studio, StudioDetails())))
    return _written(name, getattr(studio, name))


def _written(name: str, value: str | float | None) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.6f}".rstrip("0").rstrip(".")
    text = str(value)
    is_list = name in LISTS and "\n" not in text and SEPARATORS & set(text)
    return f"{text}\n" if is_list else text  # a list in one line is taken apart when imported


def _status(studio: StudioProfile) -> str:
    return "published" if studio.is_listed else WORDS.get(studio.status, "hidden")
