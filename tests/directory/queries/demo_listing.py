"""What the public may search of the demo's studios, without a database."""

from collections import Counter
from dataclasses import dataclass
from functools import cache

from portal.directory.demo.fill import _people
from portal.directory.demo.people import Crowd, Person
from portal.directory.models import CONNECTIONS
from portal.directory.words import vocabulary_words

LISTS = ("services_offered", "equipment_list", "custom_connection_methods")
PROSE = ("short_about", "about", "home_studio_description")


@dataclass(frozen=True)
class Listing:
    """`lists` are names and lines of lists, `prose` is everything that is told in sentences."""

    id: int
    name: str
    city: str
    lists: str
    prose: str
    point: tuple[float, float]


@cache
def demo_listings() -> tuple[Listing, ...]:
    return tuple(_listing(person) for person in _people(Crowd(None), 642) if person.studio)


def _listing(person: Person) -> Listing:
    studio, profile = person.studio, person.profile or {}
    assert studio is not None
    ticked = [name for at, name in enumerate(CONNECTIONS, 1) if profile[f"connection{at}"]]
    lists = [studio["name"], studio["city"], *person.kinds, *person.services, *ticked]
    lists += [profile[name] or "" for name in LISTS]
    prose = [studio["description"], *(profile[name] or "" for name in PROSE)]
    point = (studio["latitude"], studio["longitude"])
    return Listing(
        studio["id"], studio["name"], studio["city"], "\n".join(lists), "\n".join(prose), point
    )


@cache
def demo_words() -> tuple[tuple[str, int], ...]:
    """Each word with the number of studios that have it."""
    counts = Counter[str]()
    for listing in demo_listings():
        counts.update(set(vocabulary_words(f"{listing.lists}\n{listing.prose}")))
    return tuple(sorted(counts.items()))
