"""A draft that makes room for a studio that is handed over: kept as data, for the way back.

It is deleted with its person: the row that keeps it belongs to them.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Enum, select

from portal.core.storage.database import DirectoryModel, JsonDict, UtcDateTime, db
from portal.directory.models import StudioImage, StudioProfile, StudioService, StudioStudioType
from portal.directory.owners.models import StudioDetails, StudioHours

SAID = (
    *("description", "full_address", "city", "about", "short_about", "phone", "website_url"),
    *("services_offered", "equipment_list", "rate_tier_1", "rate_tier_2", "rate_tier_3"),
)
"""A draft without any of these, and without pictures, types and services, says nothing yet."""
DRAFT = "draft"
"""The field of a hand-over's change that keeps one."""
CHILDREN: tuple[type[Any], ...] = (StudioImage, StudioService, StudioStudioType)
OF_PERSON: tuple[type[Any], ...] = (StudioDetails, StudioHours)
EVERY: tuple[type[Any], ...] = (StudioProfile, *CHILDREN, *OF_PERSON)
KINDS = {each.__tablename__: each for each in EVERY}


def has_content(draft: StudioProfile) -> bool:
    """More than a name."""
    return any(getattr(draft, each) for each in SAID) or bool(
        draft.images or draft.types or draft.services
    )


def take_away(user_id: int) -> JsonDict | None:
    """Within `changing_directory`. Delete what the person has of a studio, and return it: rows by
    their table. None if there is nothing."""
    rows = list(_rows_of(user_id))
    if not rows:
        return None
    kept: JsonDict = {}
    for each in rows:
        kept.setdefault(each.__tablename__, []).append(as_data(each))
    for each in rows:
        db.session.delete(each)
    db.session.flush()
    return kept


def put_back(kept: JsonDict) -> None:
    """Within `changing_directory`, where the person has no studio. Ids are never given twice, so
    each row has the one that it had."""
    for name, model in KINDS.items():
        db.session.add_all(from_data(model, each) for each in kept.get(name, []))
        db.session.flush()


def name_of(kept: JsonDict | None) -> str:
    rows = (kept or {}).get(StudioProfile.__tablename__) or [{}]
    return str(rows[0].get("name") or "")


def _rows_of(user_id: int) -> Iterable[Any]:
    studio = db.session.scalar(select(StudioProfile).where(StudioProfile.user_id == user_id))
    for model in OF_PERSON:
        yield from db.session.scalars(select(model).filter_by(user_id=user_id))
    if studio is not None:
        for model in CHILDREN:
            yield from db.session.scalars(select(model).filter_by(studio_id=studio.id))
        yield studio


def as_data(row: DirectoryModel) -> JsonDict:
    values = {each: getattr(row, each) for each in row.__mapper__.column_attrs.keys()}  # noqa: SIM118 — no mapping
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in values.items()
    }


def from_data(model: type[Any], data: JsonDict) -> Any:
    columns = model.__mapper__.columns
    return model(**{name: _value(columns[name], data[name]) for name in data if name in columns})


def _value(column: Any, value: Any) -> Any:
    if value is None:
        return None
    if isinstance(column.type, Enum) and column.type.enum_class:
        return column.type.enum_class(value)
    is_time = isinstance(column.type, UtcDateTime)
    return datetime.fromisoformat(value) if is_time else value
