"""The people of the demo, one at a time: a user, possibly a profile, possibly a studio.

Each person has a random source seeded with their number, so adding people changes no existing one.
"""

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, TypeVar

from portal.directory.demo import names, places, texts
from portal.directory.demo.chance import source
from portal.directory.models import CONNECTIONS, Service, StudioType

Row = dict[str, Any]
Kind = TypeVar("Kind")

# The demo's current time; fixed, so that every machine shows the same dates.
TODAY = datetime(2026, 10, 31, 9, 0, tzinfo=UTC)

# The hash of a random value that was not kept: no login with it is possible.
NO_PASSWORD = (
    "$argon2id$v=19$m=65536,t=3,p=4$SJ0+lTLjo7mltVcC3eOM5A"  # noqa: S105
    "$CaAbyP8uk2SHQ9mY7YfJIRYnWeImoE5y8QYuT37L1GM"
)
SITES = ("facebook", "x", "linkedin", "instagram", "youtube", "vimeo", "soundcloud")
KIND_WEIGHTS = dict(zip(StudioType, (38, 24, 12, 7, 9, 30), strict=True))
SERVICE_WEIGHTS = dict(zip(Service, (9, 40, 22, 34, 16, 45, 12, 24), strict=True))


@dataclass
class Person:
    user: Row
    profile: Row | None
    studio: Row | None
    words: dict[str, str]
    kinds: list[StudioType]
    services: list[Service]


class Crowd:
    """Creates people and keeps their usernames unique."""

    def __init__(self, owner: tuple[str, str] | None) -> None:
        self.owner = owner
        self.taken: Counter[str] = Counter()
        self.studio_names: set[str] = set()
        self.studios = 0
        self.profiles = 0
        self.reviews = 0

    def person(self, number: int, *, has_profile: bool, has_studio: bool) -> Person:
        rng = source(f"person {number}")
        city = places.some_city(rng)
        first, last = names.some_person(rng, city)
        if number == 1:
            first, last, city = "Ben", "Hargreaves", _city("Bristol")
        studio_name = self._studio_name(rng, city, first, last) if has_profile else ""
        words = texts.some_words(rng, city, first=first, studio=studio_name)
        kinds = _some_of(rng, KIND_WEIGHTS, rng.choice((1, 1, 2, 2, 3)))
        services = _some_of(rng, SERVICE_WEIGHTS, rng.choice((1, 2, 2, 3, 3, 4, 5)))
        user = self._user(rng, number, first, last, studio_name if has_studio else "")
        person = Person(user, None, None, words, kinds, services)
        if has_profile:
            self.profiles += 1
            person.profile = {"id": self.profiles, **_profile(rng, person, city, last, studio_name)}
        if has_studio:
            self.studios += 1
            person.studio = {"id": self.studios, **_studio(rng, person, city, studio_name)}
        return person

    def _studio_name(self, rng: Random, city: places.City, first: str, last: str) -> str:
        for _ in range(8):
            name = names.some_studio_name(rng, city, first, last)
            if name not in self.studio_names:
                break
        else:
            name = f"{name} {places.plain_name(city)}"
        self.studio_names.add(name)
        return name

    def _user(self, rng: Random, number: int, first: str, last: str, studio: str) -> Row:
        username = self._username(studio or f"{first} {last}")
        email, password_hash = f"{username}@example.org", NO_PASSWORD
        if number == 1 and self.owner:
            email, password_hash = self.owner
        created = TODAY - timedelta(minutes=rng.randrange(400 * 1440, 2700 * 1440))
        return {
            "id": number,
            "email": email,
            "username": username,
            "display_name": f"{first} {last}",
            "password_hash": password_hash,
            "role": "owner" if studio else "reviewer",
            "email_verified": rng.random() < 0.93,
            "created_at": created,
            "updated_at": _later(rng, created),
        }

    def _username(self, words: str) -> str:
        name = slug(words)[:50]
        self.taken[name] += 1
        return name if self.taken[name] == 1 else self._username(f"{name} {self.taken[name]}")


def slug(words: str) -> str:
    plain = unicodedata.normalize("NFKD", words.replace("ø", "o").replace("'", ""))
    plain = plain.encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def _profile(rng: Random, person: Person, city: places.City, last: str, name: str) -> Row:
    user, words = person.user, person.words
    created = user["created_at"] + timedelta(minutes=rng.randrange(1, 4000))
    handle = user["username"]
    hourly = rng.randrange(40, 181, 5)
    about = texts.about(rng, words)
    room = texts.description(rng, words, besides=about)
    return {
        "user_id": user["id"],
        "studio_name": _name_on_profile(rng, name),
        "last_name": last,
        "phone": places.some_phone(rng, city) if rng.random() < 0.7 else None,
        "about": about,
        "short_about": texts.short_about(rng, words, person.kinds[0]),
        "location": f"{places.plain_name(city)}, {city.country}",
        "rate_tier_1": max(20, hourly * 2 // 5 // 5 * 5),
        "rate_tier_2": hourly * 3 // 5 // 5 * 5,
        "rate_tier_3": hourly,
        "show_rates": rng.random() < 0.62,
        **{f"{site}_url": _link(rng, site, handle) for site in SITES},
        **_connections(rng, person.services),
        "custom_connection_methods": rng.choice(texts.OWN_WAYS) if rng.random() < 0.2 else None,
        "home_studio_description": room if rng.random() < 0.6 else None,
        "equipment_list": texts.equipment(rng, words) if rng.random() < 0.9 else None,
        "services_offered": "\n".join(rng.sample(texts.OFFERED, rng.randrange(3, 8))),
        "is_crb_checked": rng.random() < 0.15,
        "is_featured": rng.random() < 0.015,
        "is_spotlight": rng.random() < 0.006,
        "verification_level": rng.choices(("none", "basic", "full"), (55, 30, 15))[0],
        "show_email": rng.random() < 0.3,
        "show_phone": rng.random() < 0.5,
        "show_address": rng.random() < 0.4,
        "show_directions": rng.random() < 0.35,
        "use_coordinates_for_map": rng.random() < 0.55,
        "created_at": created,
        "updated_at": _later(rng, created),
    }


def _studio(rng: Random, person: Person, city: places.City, name: str) -> Row:
    latitude, longitude = places.somewhere_in(rng, city)
    created = person.user["created_at"] + timedelta(minutes=rng.randrange(0, 30000))
    return {
        "owner_id": person.user["id"],
        "name": name,
        "description": texts.description(
            rng, person.words, besides=person.profile["about"] if person.profile else ""
        ),
        "full_address": places.some_address(rng, city),
        "abbreviated_address": f"{city.name} {city.district}".strip() + f", {city.country}",
        "city": places.plain_name(city),
        "latitude": latitude,
        "longitude": longitude,
        "website_url": f"https://{slug(name)}.example" if rng.random() < 0.7 else None,
        "phone": places.some_phone(rng, city) if rng.random() < 0.55 else None,
        "status": "active",
        "is_premium": rng.random() < 0.09,
        "is_verified": rng.random() < 0.25,
        "is_profile_visible": True,
        "created_at": created,
        "updated_at": _later(rng, created),
    }


def _name_on_profile(rng: Random, name: str) -> str | None:
    """Usually the studio's name; some profiles still have a former name, or none."""
    return rng.choices((name, f"{name} Ltd", None), (82, 8, 10))[0]


def _connections(rng: Random, services: list[Service]) -> dict[str, bool]:
    return {
        f"connection{number}": name in services
        or (name not in set(Service) and rng.random() < 0.22)
        for number, name in enumerate(CONNECTIONS, start=1)
    }


def _link(rng: Random, site: str, handle: str) -> str | None:
    """An address under .example, which is reserved, so that no real account is linked."""
    return f"https://{site}.example/{handle}" if rng.random() < 0.3 else None


def _later(rng: Random, moment: datetime) -> datetime:
    span = int((TODAY - moment).total_seconds())
    return moment + timedelta(seconds=rng.randrange(0, span))


def _some_of(rng: Random, weights: dict[Kind, int], count: int) -> list[Kind]:
    picked = rng.choices(list(weights), list(weights.values()), k=count)
    return list(dict.fromkeys(picked))


def _city(name: str) -> places.City:
    return next(city for city in places.CITIES if city.name == name)
