"""What the table says of the studios of one page: seven statements, by their numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import String, func, select, type_coerce

from portal.core.storage.database import db
from portal.directory.admin.index.documents import State, state_of
from portal.directory.admin.index.tokens import host_of
from portal.directory.claims.models import Origin, StudioRestriction
from portal.directory.derived.ratings import RATINGS, counted_ratings
from portal.directory.derived.state import is_kept
from portal.directory.derived.tables import derived_ratings
from portal.directory.folding import one_line
from portal.directory.models import (
    Review,
    StudioImage,
    StudioProfile,
    StudioStudioType,
    User,
)
from portal.directory.owners.models import StudioDetails
from portal.directory.presentation import UNNAMED
from portal.directory.users.models import SiteAccount
from portal.directory.users.placeholder_addresses import is_placeholder_address

Among = Any


@dataclass(frozen=True)
class Line:
    """`owner`: None for an imported studio without a claim; `leaving_at`: when the owner's
    account will be deleted."""

    number: int
    name: str
    state: State
    city: str
    owner: str | None
    owner_number: int
    email: str | None
    leaving_at: datetime | None
    is_verified: bool
    is_featured: bool
    is_premium: bool
    types: tuple[str, ...]
    rating: float | None
    reviews: int
    pictures: int
    host: str
    made: datetime
    changed: datetime


def lines_of(numbers: Sequence[int]) -> list[Line]:
    """In the order of the numbers; a studio that was deleted meanwhile is left out."""
    if not numbers:
        return []
    found = {row.id: row for row in db.session.execute(_ROWS.where(_in(StudioProfile.id, numbers)))}
    types = _types(numbers)
    ratings, pictures = _ratings(numbers), _counts(StudioImage.studio_id, numbers)
    return [
        _line(found[each], types.get(each, ()), ratings.get(each, (0, 0)), pictures.get(each, 0))
        for each in numbers
        if each in found
    ]


_of = StudioProfile
_ROWS = (
    select(
        *(_of.id, _of.name, _of.city, _of.status, _of.is_profile_visible, _of.website_url),
        *(_of.is_verified, _of.is_featured, _of.is_premium, _of.created_at, _of.updated_at),
        *(_of.user_id, User.display_name, User.email),
        StudioDetails.hidden_at.label("owner_hid_at"),
        StudioRestriction.hidden_at.label("staff_hid_at"),
        StudioRestriction.deleted_at,
        Origin.email.label("known_address"),
        SiteAccount.deletion_due_at,
    )
    .select_from(StudioProfile)
    .join(User, User.id == StudioProfile.user_id)
    .outerjoin(StudioDetails, StudioDetails.user_id == StudioProfile.user_id)
    .outerjoin(StudioRestriction, StudioRestriction.user_id == StudioProfile.user_id)
    .outerjoin(Origin, Origin.user_id == StudioProfile.user_id)
    .outerjoin(SiteAccount, SiteAccount.user_id == StudioProfile.user_id)
)


def _in(column: Any, numbers: Sequence[int]) -> Any:
    return column.in_(numbers)


def _line(row: Any, types: Sequence[str], rating: tuple[int, int], pictures: int) -> Line:
    is_imported = is_placeholder_address(row.email)
    reviews, total = rating
    return Line(
        number=row.id,
        name=one_line(row.name) or UNNAMED,
        state=state_of(row),
        city=one_line(row.city),
        owner=None if is_imported else one_line(row.display_name) or row.email,
        owner_number=row.user_id,
        email=row.known_address if is_imported else row.email,
        leaving_at=row.deletion_due_at,
        is_verified=row.is_verified,
        is_featured=row.is_featured,
        is_premium=row.is_premium,
        types=tuple(types),
        rating=total / reviews if reviews else None,
        reviews=reviews,
        pictures=pictures,
        host=host_of(row.website_url),
        made=row.created_at,
        changed=row.updated_at,
    )


def _types(numbers: Sequence[int]) -> Mapping[int, list[str]]:
    kind, found = type_coerce(StudioStudioType.studio_type, String), dict[int, list[str]]()
    query = select(StudioStudioType.studio_id, kind).where(_in(StudioStudioType.studio_id, numbers))
    for number, value in db.session.execute(query.order_by(kind)):
        found.setdefault(number, []).append(value)
    return found


def _ratings(numbers: Sequence[int]) -> Mapping[int, tuple[int, int]]:
    if is_kept(RATINGS):
        query = select(derived_ratings).where(_in(derived_ratings.c.studio_id, numbers))
    else:
        query = counted_ratings().where(_in(Review.studio_id, numbers))
    rows = db.session.connection().execute(query)
    return {row.studio_id: (row.reviews, int(row.total)) for row in rows}


def _counts(column: Any, numbers: Sequence[int]) -> Mapping[int, int]:
    query = select(column, func.count()).where(_in(column, numbers)).group_by(column)
    return dict(db.session.execute(query).all())
