"""What the index stores of a studio: tokens, a position in the order, a location.

Only what the studio's page shows: a hidden address gives no word and no postcode, and its point is
the coarse one.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from math import cos, floor, radians, sin
from typing import Any

from portal.directory.facets import Facet, facets_of
from portal.directory.folding import fold
from portal.directory.geography import Point
from portal.directory.index.expression import token_of
from portal.directory.index.tables import LONGEST
from portal.directory.models import CONNECTIONS
from portal.directory.places.countries import countries, country_of
from portal.directory.places.postcodes import area_of, district_of, postcodes_of
from portal.directory.visibility import point_shown
from portal.directory.words import index_terms, normal, vocabulary_words

NAME, KIND, OFFER, PLACE = "n", "k", "o", "p"
COUNTRY = "l"
KINDS = (NAME, KIND, OFFER, PLACE)
POSTCODE, WHOLE_NAME = "z", "w"
CELLS = {"d": 1 / 512, "f": 1 / 128, "g": 1 / 32, "h": 1 / 8, "i": 1 / 2, "j": 2.0}
"""Grid cells by the kind of their token: side length in degrees, smallest first."""
# PostgreSQL's tsvector is limited to a megabyte.
MOST_TERMS = 8000
MOST_CHARACTERS = 300_000
STEPS = 4095
MILLION = 1_000_000
OF_STUDIOS = 40
"""Bits of `rank` for the studio's id; the bits above are its quality."""
# Bayesian mean: this many average ratings are added, so that few reviews don't win.
ADDED, MIDDLING = 5, 3.5
LONGEST_NAME = 200


@dataclass(frozen=True)
class Studio:
    """A listed studio's row and its related rows."""

    row: Any
    types: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    pictures: int = 0
    reviews: int = 0
    total: int = 0

    @property
    def connections(self) -> tuple[str, ...]:
        ticked = enumerate(CONNECTIONS, start=1)
        return tuple(name for at, name in ticked if getattr(self.row, f"connection{at}"))

    @property
    def facets(self) -> frozenset[Facet]:
        return facets_of(
            self.row,
            types=self.types,
            services=self.services,
            pictures=self.pictures,
            reviews=self.reviews,
        )


@dataclass(frozen=True)
class Document:
    """`values` are a row of `derived_search`; `terms` are the tokens whose studios are counted."""

    values: dict[str, Any]
    tokens: tuple[str, ...]
    terms: tuple[str, ...]
    words: tuple[str, ...] = field(compare=False)


def facet_token(kind: str, value: str) -> str:
    """A token of letters and digits alone: no tokenizer splits it."""
    return token_of("".join(each for each in value.lower() if each.isalnum()), kind)


def document_of(studio: Studio) -> Document:
    row, point = studio.row, point_shown(studio.row)
    country = country_of(point, row.city or "") or ""
    held = studio.facets
    terms = _texts(studio, countries().get(country, ""))
    plain = [token_of(each) for each in dict.fromkeys(t for some in terms.values() for t in some)]
    plain = list(_within(plain))
    kept, there = set(plain), country_tokens(country)
    kinds = [
        token_of(term, kind) for kind in KINDS for term in terms[kind] if token_of(term) in kept
    ]
    marks = [
        *whole_name_tokens(row.name),
        *sorted(facet_token(*each) for each in held),
        *there,
        *cells_of(point),
        *_postcodes(row),
    ]
    words = [token_of(each) for each in _vocabulary(studio)]
    return Document(
        values={
            "rank": rank_of(_quality(studio, point), row.id),
            "studio_id": row.id,
            "mask": 0,  # no statement asks for it: each filter has a set
            "country": country,
            "city": fold(row.city).strip()[:LONGEST],
            **place_of(point),
            "rated": _rated(studio),
            "made": -int(row.created_at.timestamp() * MILLION),
            "named": fold(row.name)[:LONGEST],
        },
        tokens=tuple(dict.fromkeys((*plain, *kinds, *marks))),
        terms=(*plain, *there),
        words=tuple(each for each in dict.fromkeys(words) if each in kept),
    )


def country_tokens(code: str) -> list[str]:
    return [token_of(code.lower(), COUNTRY)] if code else []


def whole_name_tokens(name: str) -> list[str]:
    """One token for the whole name, so that a search for exactly that name finds it first."""
    words = normal(name).replace(" ", "")
    return [token_of(words[:LONGEST_NAME], WHOLE_NAME)] if words else []


def is_counted(token: str) -> bool:
    """Whether the token is a term or a country, not a kind or a filter."""
    return "=" not in token or token.startswith(f"{COUNTRY}=")


def rank_of(quality: float, studio_id: int) -> int:
    return (STEPS - round(quality * STEPS) << OF_STUDIOS) + studio_id


def place_of(point: Point | None) -> dict[str, float | None]:
    if point is None:
        return dict.fromkeys(("latitude", "longitude", "x", "y", "z"))
    x, y, z = on_ball(point)
    return {"latitude": point.latitude, "longitude": point.longitude, "x": x, "y": y, "z": z}


def on_ball(point: Point) -> tuple[float, float, float]:
    north, east = radians(point.latitude), radians(point.longitude)
    return cos(north) * cos(east), cos(north) * sin(east), sin(north)


def cells_of(point: Point | None) -> list[str]:
    if point is None:
        return []
    return [
        cell_token(kind, row_of(point.latitude, size), column_of(point.longitude, size), size)
        for kind, size in CELLS.items()
    ]


def row_of(latitude: float, size: float) -> int:
    return floor((latitude + 90) / size)


def column_of(longitude: float, size: float) -> int:
    return floor((longitude + 180) / size)


def cell_token(kind: str, row: int, column: int, size: float) -> str:
    """Adjacent cells of a row have consecutive tokens."""
    return square(kind, row, column % round(360 / size))


def square(kind: str, row: int, column: int) -> str:
    return f"{kind}={row:05}{column:06}"


def _texts(studio: Studio, country: str) -> dict[str, list[str]]:
    """The texts by kind, highest weight first; prose last."""
    row = studio.row
    return {
        NAME: index_terms(row.name),
        KIND: _terms(
            [*studio.types, *studio.services, *studio.connections, row.custom_connection_methods]
        ),
        OFFER: _terms([row.services_offered, row.equipment_list]),
        PLACE: _terms([row.city, country]),
        "": index_terms(_prose(row), prose=True),
    }


def _terms(parts: Iterable[str | None]) -> list[str]:
    return index_terms("\n".join(filter(None, parts)))


def _prose(row: Any) -> str:
    parts = (row.short_about, row.about, row.description, row.home_studio_description)
    return "\n".join(filter(None, parts))


def _vocabulary(studio: Studio) -> list[str]:
    row = studio.row
    lists = (row.name, row.city, *studio.types, *studio.services, *studio.connections)
    more = (row.custom_connection_methods, row.services_offered, row.equipment_list, _prose(row))
    # Per text: each was already split for its terms.
    return [word for text in (*lists, *more) if text for word in vocabulary_words(text)]


def _within(tokens: list[str]) -> Iterator[str]:
    length = 0
    for each in tokens[:MOST_TERMS]:
        length += len(each)
        if length > MOST_CHARACTERS:
            return
        yield each


def _postcodes(row: Any) -> list[str]:
    """The postcodes of an address, if it is shown."""
    if not row.show_address:
        return []
    codes = postcodes_of(row.full_address or "")
    parts = [each for code in sorted(codes) for each in (code, district_of(code), area_of(code))]
    return [postcode_token(each) for each in parts if each]


def postcode_token(code: str) -> str:
    return token_of("".join(each for each in code.lower() if each.isalnum()), POSTCODE)


def _rated(studio: Studio) -> int:
    """The mean rating and then the number of reviews in one number; the best is the lowest."""
    if not studio.reviews:
        return 0
    mean = round(studio.total / studio.reviews * MILLION)
    return -(mean * MILLION + min(studio.reviews, MILLION - 1))


def rating_in(rated: int) -> tuple[float, int] | None:
    mean, reviews = divmod(-rated, MILLION)
    return (mean / MILLION, reviews) if rated else None


def _quality(studio: Studio, point: Point | None) -> float:
    """From 0 to 1, from: verified, pictures, completeness and ratings."""
    row = studio.row
    stated = (
        *(row.short_about, row.about or row.description, row.city, point, row.equipment_list),
        *(studio.types, studio.connections or studio.services, row.services_offered),
    )
    mean = (studio.total + ADDED * MIDDLING) / (studio.reviews + ADDED)
    return (
        0.3 * bool(row.is_verified)
        + 0.2 * min(studio.pictures, 4) / 4
        + 0.2 * sum(map(bool, stated)) / len(stated)
        + 0.3 * (mean - 1) / 4
    )
