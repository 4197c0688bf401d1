"""Studios by chance, and the two ways in which they are searched."""

from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from werkzeug.datastructures import MultiDict

from portal.core.storage.database import db
from portal.directory.models import CONNECTIONS, Service, StudioProfile, StudioType
from portal.directory.search import find as search
from portal.directory.search import location
from portal.directory.search.chips import Chip
from portal.directory.search.find import Results, find_studios
from portal.directory.search.links import Links
from portal.directory.search.search_query import Wish, read_wish
from tests.directory.pages.studios import BRISTOL, LONDON, PICTURE, ZURICH, make_studio
from tests.support.index import fill_index

PLACES = (("London", LONDON), ("Bristol", BRISTOL), ("Zurich", ZURICH))
WAYS = ("index", "python")


def make_crowd(many: int, *, seed: int = 1) -> list[StudioProfile]:
    rng = Random(seed)
    made = [one_of_them(rng, number) for number in range(many)]
    fill_index(db.engine)
    db.session.rollback()
    return made


def one_of_them(rng: Random, number: int) -> StudioProfile:
    city, at = rng.choice(PLACES)
    rates = rng.choice([None, 40, 50, 51, 75, 100, 140, 150, 151, 0])
    ticked = {f"connection{n}": rng.random() < 0.3 for n in range(1, len(CONNECTIONS) + 1)}
    more: dict[str, Any] = {
        "city": city,
        "is_verified": rng.random() < 0.4,
        "show_rates": rng.random() < 0.7,
        "rate_tier_1": rng.choice([None, 20]),
        "rate_tier_3": rates,
        **ticked,
    }
    return make_studio(
        f"{rng.choice(['Oak', 'Elm'])} {number:02}",
        at=(at[0] + rng.uniform(-0.2, 0.2), at[1] + rng.uniform(-0.2, 0.2)),
        types=tuple(rng.sample(list(StudioType), rng.randrange(3))),
        services=tuple(rng.sample(list(Service), rng.randrange(4))),
        ratings=tuple(rng.randrange(1, 6) for _ in range(rng.choice([0, 0, 1, 2, 3, 5, 10]))),
        pictures=rng.choice([(), (PICTURE,), ("https://elsewhere.example/a.webp",)]),
        age=rng.randrange(5),
        **more,
    )


@contextmanager
def searched_by(way: str) -> Iterator[None]:
    """With the index, or as a directory is searched whose index is not filled yet."""
    with pytest.MonkeyPatch.context() as patched:
        if way == "python":
            for module in (search, location):
                patched.setattr(module, "is_indexed", lambda: False)
        yield


def results(asked: MultiDict[str, str] | dict[str, Any]) -> Results:
    return find_studios(read_wish(MultiDict(asked).getlist))


def click(found: Results, chip: Chip) -> Wish:
    """The search that the filter's link asks for."""
    href = Links("/studios", found.filters).of(chip)
    asked = parse_qsl(urlsplit(href).query, keep_blank_values=True)
    return read_wish(MultiDict(asked).getlist)
