"""The cities that a typed text may name: “Köln”, “Cologne, Germany”, “Paris TX”."""

from collections.abc import Iterator

from portal.directory.places.file import rows
from portal.directory.places.names import names_of_city
from portal.directory.places.place import Place, places, ranked
from portal.directory.words import normal

# The number of words at the end that may name a country or a state: “new south wales”.
LONGEST_AREA = 4
# A place that is this much likelier than the next one is chosen without asking.
DOMINANT = 5
# People of a city whose other names are looked for: Lemon is Walnut, of 30,000.
KNOWN_BY_OTHERS = 50_000
# People of a city whose name is no other word with a typing error.
LARGE = 100_000
# The most names that are returned for a city; London has more.
MOST_NAMES = 60

# Abbreviations of countries that are no state's and no word's.
TWO_LETTERS = frozenset({"uk", "gb", "us"})

Area = tuple[str, str]


def named(text: str, country: str = "") -> list[Place]:
    """Places with exactly that name, likeliest first; `country` is a code."""
    for name, areas in _readings(text):
        if found := _places_in(name, areas, country):
            return found
    return []


def is_name(text: str) -> bool:
    """Whether the whole text is a city's name, without a country or state after it."""
    return bool(rows("SELECT 1 FROM names WHERE name = ? LIMIT 1", (normal(text),)))


def is_place(word: str) -> bool:
    """Whether the word is the name of a country, a region, or a large city."""
    return bool(
        rows(
            "SELECT 1 FROM areas WHERE name = :name UNION ALL"
            " SELECT 1 FROM names n JOIN cities c ON c.id = n.city"
            " WHERE n.name = :name AND n.is_own AND c.population >= :people LIMIT 1",
            {"name": normal(word), "people": LARGE},
        )
    )


def country_named(text: str) -> str | None:
    """The code of the country with that name."""
    name = normal(text)
    found = rows("SELECT country FROM areas WHERE name = ? AND region = ''", (name,))
    return found[0][0] if found and (len(name) > 2 or name in TWO_LETTERS) else None


def regions_named(text: str) -> list[Area]:
    """States and the like with that name."""
    return rows(
        "SELECT country, region FROM areas WHERE name = ? AND region != ''", (normal(text),)
    )


def largest_in(regions: list[Area], *, most: int) -> list[Place]:
    """The largest places of these regions."""
    found = (places("c.country = ? AND c.region = ?", each)[:most] for each in regions)
    return ranked(place for some in found for place in some)[:most]


def other_names(word: str) -> list[str]:
    """Other names of the likeliest city of that name: “Wien” is Vienna, “Köln” Cologne."""
    city = rows(
        "SELECT n.city FROM names n JOIN cities c ON c.id = n.city WHERE n.name = ?"
        " AND c.population >= ? ORDER BY n.is_own DESC, c.population DESC LIMIT 1",
        (normal(word), KNOWN_BY_OTHERS),
    )
    names = names_of_city(city[0][0]) if city else []
    return [name for name in names[:MOST_NAMES] if name != normal(word)]


def dominant(found: list[Place]) -> Place | None:
    """The place that is almost always meant; None if there is no such place."""
    if not found or (len(found) > 1 and found[0].weight < DOMINANT * found[1].weight):
        return None
    return found[0]


def _readings(text: str) -> Iterator[tuple[str, list[list[Area]]]]:
    """Possible names, each with the areas that must contain the place; likeliest first."""
    parts = [part for part in map(normal, text.split(",")) if part]
    for start in range(len(parts)):  # “Soho, London” is London if Soho is unknown
        areas = [_areas(part) for part in parts[start + 1 :]]
        if all(areas):
            yield parts[start], areas
    words = parts[0].split() if len(parts) == 1 else []
    for count in range(1, min(LONGEST_AREA, len(words) - 1) + 1):
        if area := _areas(" ".join(words[-count:])):
            yield " ".join(words[:-count]), [area]


def _areas(name: str) -> list[Area]:
    return rows("SELECT country, region FROM areas WHERE name = ?", (name,))


def _places_in(name: str, areas: list[list[Area]], country: str) -> list[Place]:
    found = places("n.name = ?", (name,))
    return [
        place
        for place in found
        if (not country or place.country == country)
        and all(
            (place.country, "") in area or (place.country, place.region) in area for area in areas
        )
    ]
