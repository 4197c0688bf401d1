"""Studios in a list, as cards, read in one statement."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Integer, String, cast, literal, null, select, type_coerce, union_all

from portal.core.database import db
from portal.directory.derived.counts import is_listed
from portal.directory.models import StudioImage, StudioProfile, StudioService, StudioStudioType
from portal.directory.public import Card, Rating, card_of
from portal.directory.shown import Details

NOTHING = type_coerce(null(), String)


@dataclass
class Row:
    """What `card_of` reads of a studio's row."""

    id: int
    name: str
    city: str | None
    is_verified: bool
    is_featured: bool
    short_about: str | None = None
    details: Details = field(default_factory=Details)


def cards(
    ids: Sequence[int], rated: dict[int, Rating], distances: dict[int, float] | None = None
) -> list[Card]:
    """Of those that are listed, in the order of their ids."""
    found, far = _read(ids), distances or {}
    rows: list[Any] = [found[number] for number in ids if number in found]
    return [card_of(row, row.details, rated.get(row.id), far.get(row.id)) for row in rows]


def _read(ids: Sequence[int]) -> dict[int, Row]:
    if not ids:
        return {}
    rows = db.session.execute(union_all(*_parts(ids))).all()
    found = {
        number: Row(number, name, city, bool(verified), bool(featured))
        for number, kind, name, city, verified, featured in rows
        if kind == "studio"
    }
    for number, kind, value, words, _place, _id in sorted(rows, key=lambda row: (row[4], row[5])):
        if kind == "about" and number in found:
            found[number].short_about = value
        elif kind != "studio" and number in found:
            found[number].details.add(kind, value, words)
    return found


def _parts(ids: Sequence[int]) -> list[Any]:
    """Rows of a studio, a kind, two texts and two numbers: its flags, or place and number."""
    studio, image = StudioProfile, StudioImage
    flags = (cast(studio.is_verified, Integer), cast(studio.is_featured, Integer))
    is_meant = (is_listed(), studio.id.in_(ids))
    return [
        select(studio.id, literal("studio"), studio.name, studio.city, *flags).where(*is_meant),
        select(studio.id, literal("about"), studio.short_about, NOTHING, *flags).where(*is_meant),
        select(
            *(image.studio_id, literal("image"), image.image_url, image.alt_text),
            *(image.sort_order, image.id),
        ).where(image.studio_id.in_(ids)),
        _words("service", StudioService, StudioService.service, ids),
        _words("type", StudioStudioType, StudioStudioType.studio_type, ids),
    ]


def _words(kind: str, model: Any, value: Any, ids: Sequence[int]) -> Any:
    word = type_coerce(value, String)
    row = select(model.studio_id, literal(kind), word, NOTHING, literal(0), model.id)
    return row.where(model.studio_id.in_(ids))
