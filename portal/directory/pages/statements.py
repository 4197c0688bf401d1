"""The statements of the start page and of a studio's page, built once per process.

Building one takes longer than executing it. They name columns instead of models, so that rows are
returned without ORM objects.
"""

from collections.abc import Sequence
from typing import Any
from typing import cast as typed

from sqlalchemy import (
    BindParameter,
    Boolean,
    ColumnElement,
    CompoundSelect,
    FromClause,
    Integer,
    Select,
    String,
    Table,
    bindparam,
    cast,
    func,
    literal_column,
    null,
    or_,
    select,
    true,
    type_coerce,
    union_all,
)

from portal.directory.derived.counts import FEATURED as KIND_FEATURED
from portal.directory.derived.counts import (
    counted_studios,
    is_featured,
    kept_counts,
    kept_featured,
)
from portal.directory.derived.ratings import counted_ratings
from portal.directory.derived.tables import derived_ratings
from portal.directory.models import (
    CONNECTIONS,
    Review,
    ReviewResponse,
    ReviewStatus,
    StudioImage,
    StudioProfile,
    StudioService,
    StudioStudioType,
    User,
)
from portal.directory.owners.models import PictureFile, StudioDetails, StudioHours
from portal.directory.pages.card_rows import SEPARATOR, columns, with_first_image
from portal.directory.visibility import IMAGES, is_listed

SHOWN_FIRST = 6
REVIEWS_ON_A_PAGE = 20
BETWEEN_ROWS = "\x1e"
Query = Select[*tuple[Any, ...]]

_studios, _users, _reviews, _answers = (
    typed(Table, model.__table__).c for model in (StudioProfile, User, Review, ReviewResponse)
)
_images, _services, _types = (
    typed(Table, model.__table__).c for model in (StudioImage, StudioService, StudioStudioType)
)
_kept, _hours, _files = (
    typed(Table, model.__table__).c for model in (StudioDetails, StudioHours, PictureFile)
)
#: The columns that a studio's page needs, including the owner's flags, and no others.
ON_PAGE = (
    *("id", "name", "city", "short_about", "about", "description", "home_studio_description"),
    *("custom_connection_methods", "services_offered", "equipment_list", "latitude", "longitude"),
    *("phone", "full_address", "website_url", "created_at"),
    *("facebook_url", "x_url", "linkedin_url", "instagram_url", "youtube_url", "vimeo_url"),
    *("soundcloud_url", "rate_tier_1", "rate_tier_2", "rate_tier_3", "show_rates", "show_email"),
    *("show_phone", "show_address", "show_directions", "use_coordinates_for_map"),
    *("is_verified", "is_featured", "is_crb_checked"),
    *(f"connection{number}" for number, _ in enumerate(CONNECTIONS, start=1)),
)


def _counts_as_text(counts: FromClause) -> Query:
    """Kind, number and name of all counts in one text, which `reading.counts_in` parses: fetching a
    row for each takes longer than rendering the page."""
    name = func.replace(func.replace(counts.c.name, BETWEEN_ROWS, " "), SEPARATOR, " ")
    number = cast(counts.c.studios, String)
    row = counts.c.kind + SEPARATOR + number + SEPARATOR + name
    return select(func.aggregate_strings(row, BETWEEN_ROWS)).where(counts.c.kind != KIND_FEATURED)


def _featured(rated: FromClause, *among: ColumnElement[bool]) -> Query:
    """Rows for cards: spotlights first, then the featured studios with the best ratings."""
    average = func.coalesce(rated.c.total * 1.0 / rated.c.reviews, 0).label("average")
    best = (
        select(_studios.id, _studios.is_spotlight, average, rated.c.reviews, rated.c.total)
        .outerjoin(rated, rated.c.studio_id == _studios.id)
        .where(is_listed(), is_featured(), *among)
        .order_by(_studios.is_spotlight.desc(), average.desc(), _studios.id)
        .limit(SHOWN_FIRST)
        .subquery("best")
    )
    studios = best.join(StudioProfile.__table__, _studios.id == best.c.id)
    return (
        select(*columns(), best.c.reviews, best.c.total)
        .select_from(with_first_image(studios))
        .order_by(best.c.is_spotlight.desc(), best.c.average.desc(), best.c.id)
    )


def _one_studio(rated: FromClause, *, is_prepared: bool) -> Query:
    """With the owner's name and email; the owner's flags decide whether these are shown. With what
    owners add, where the tables for it are there."""
    shown = (_studios[each] for each in ON_PAGE)
    query = (
        select(*shown, _users.display_name, _users.email, rated.c.reviews, rated.c.total)
        .select_from(StudioProfile.__table__)
        .outerjoin(User.__table__, _users.id == _studios.user_id)
        .outerjoin(rated, rated.c.studio_id == _studios.id)
        .where(or_(is_listed(), PREVIEW), _studios.id == STUDIO)
    )
    if not is_prepared:
        return query
    takes_messages = func.coalesce(_kept.takes_messages, true()).label("takes_messages")
    added = (_kept.zone, _kept.hours_note, takes_messages, _hours_as_text().label("hours"))
    mine = _kept.user_id == _studios.user_id
    return query.outerjoin(StudioDetails.__table__, mine).add_columns(*added)


def _hours_as_text() -> ColumnElement[str]:
    """“weekday opens closes” of each span of a studio, for `hours.hours_in`."""
    numbers = (cast(each, String) for each in (_hours.weekday, _hours.opens, _hours.closes))
    weekday, opens, closes = numbers
    spans = func.aggregate_strings(weekday + " " + opens + " " + closes, SEPARATOR)
    mine = _hours.user_id == _studios.user_id
    return select(spans).where(mine).correlate(StudioProfile.__table__).scalar_subquery()


def _details(
    ids: Sequence[BindParameter[int]], *, is_prepared: bool
) -> CompoundSelect[*tuple[Any, ...]]:
    """Images, services and types of some studios: studio, kind, value, words, position, number,
    and of an image that an owner uploaded its width and height."""
    sizes = (_files.width, _files.height) if is_prepared else (_no_number(), _no_number())
    image = select(
        _images.studio_id,
        literal_column("'image'", String),
        _images.image_url,
        _images.alt_text,
        _images.sort_order,
        _images.id,
        *sizes,
    ).where(_images.studio_id.in_(ids))
    if is_prepared:
        name = func.replace(_images.image_url, IMAGES, "")
        image = image.outerjoin(PictureFile.__table__, _files.name == name)
    return union_all(
        image,
        _words("service", _services, _services.service, ids),
        _words("type", _types, _types.studio_type, ids),
    )


def _words(kind: str, of: Any, value: Any, ids: Sequence[BindParameter[int]]) -> Query:
    word, nothing = type_coerce(value, String), type_coerce(null(), String)
    kind_of_it = literal_column(f"'{kind}'", String)
    place = literal_column("0", Integer), of.id, _no_number(), _no_number()
    return select(of.studio_id, kind_of_it, word, nothing, *place).where(of.studio_id.in_(ids))


def _no_number() -> ColumnElement[int]:
    return cast(null(), Integer)


def _approved() -> Query:
    """A page of a studio's approved reviews, newest first, with their authors' names and the
    responses."""
    return (
        select(
            *(_reviews.id, _reviews.rating, _reviews.content, _reviews.is_anonymous),
            *(_reviews.created_at, _users.display_name, _answers.content),
        )
        .select_from(Review.__table__)
        .outerjoin(User.__table__, _users.id == _reviews.reviewer_id)
        .outerjoin(ReviewResponse.__table__, _answers.review_id == _reviews.id)
        .where(_reviews.studio_id == STUDIO, _reviews.status == ReviewStatus.APPROVED)
        .order_by(_reviews.created_at.desc(), _reviews.id.desc())
        .limit(REVIEWS_ON_A_PAGE)
        .offset(SKIPPED)
    )


STUDIO = bindparam("studio", type_=Integer)
SKIPPED = bindparam("skipped", type_=Integer)
PREVIEW = bindparam("preview", False, type_=Boolean)
#: By whether the counts are stored; otherwise they are computed.
COUNTS = {
    True: _counts_as_text(kept_counts().subquery()),
    False: _counts_as_text(counted_studios().subquery()),
}
#: By whether ratings and featured studios are stored.
FEATURED = {
    (is_rated, is_known): _featured(rated, *among)
    for is_rated, rated in ((True, derived_ratings), (False, counted_ratings().subquery()))
    for is_known, among in ((True, (_studios.id.in_(kept_featured()),)), (False, ()))
}
#: By whether ratings are stored, and whether the tables of owners are there.
ONE_STUDIO = {
    (is_rated, is_prepared): _one_studio(rated, is_prepared=is_prepared)
    for is_rated, rated in (
        (True, derived_ratings),
        (False, counted_ratings().where(Review.studio_id == STUDIO).subquery()),
    )
    for is_prepared in (True, False)
}
DETAILS_OF_ONE = {each: _details([STUDIO], is_prepared=each) for each in (True, False)}
APPROVED_REVIEWS = _approved()
