"""The sections of the form: their fields, and what each still lacks."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from portal.core.errors import NotFound
from portal.directory.models import StudioProfile
from portal.directory.owners import fields
from portal.directory.owners.fields import Field, flag, number, text
from portal.directory.owners.own import Own
from portal.directory.visibility import SOCIAL


class Progress(StrEnum):
    DONE = "done"
    MISSING = "missing"
    OPTIONAL = "optional"


@dataclass(frozen=True)
class Section:
    """`lacks`: what has to be there before the studio can be published, in words; `is_filled`:
    whether anything optional was given."""

    slug: str
    title: str
    about: str
    fields: tuple[Field, ...]
    lacks: Callable[[Own], tuple[str, ...]]
    is_filled: Callable[[Own], bool]

    def progress(self, own: Own) -> Progress:
        if self.lacks(own):
            return Progress.MISSING
        return Progress.DONE if self.is_filled(own) else Progress.OPTIONAL

    def field(self, name: str) -> Field:
        return next(each for each in self.fields if each.name == name)


def _nothing(_own: Own) -> tuple[str, ...]:
    return ()


def _any_of(*names: str) -> Callable[[Own], bool]:
    return lambda own: any(getattr(own.studio, name) not in {None, ""} for name in names)


def _lacks_identity(own: Own) -> tuple[str, ...]:
    studio = own.studio
    named = () if studio.name.strip() else ("a name",)
    return named if (studio.short_about or "").strip() else (*named, "a short text")


def _lacks_place(own: Own) -> tuple[str, ...]:
    has_place = (own.studio.city or "").strip() or own.studio.latitude is not None
    return () if has_place else ("a city",)


def _lacks_type(own: Own) -> tuple[str, ...]:
    return () if own.studio.types else ("a type of studio",)


def _has_contact(own: Own) -> bool:
    studio: StudioProfile = own.studio
    links = ("website_url", *(f"{name}_url" for name in SOCIAL))
    shown = (studio.show_phone and studio.phone) or studio.show_email
    return bool(shown) or any(getattr(studio, name) for name in links)


SECTIONS = (
    Section(
        "identity",
        "Name and description",
        "What your studio is called, and what it is like.",
        (
            *map(text, ("name", "short_about", "description", "about")),
            text("home_studio_description"),
        ),
        _lacks_identity,
        lambda own: not _lacks_identity(own),
    ),
    Section(
        "place",
        "Place",
        "Where it is, and how much of that visitors see.",
        (
            *(fields.CITY, text("full_address"), fields.COORDINATES, fields.SHOWN),
            flag("show_directions"),
        ),
        _lacks_place,
        lambda own: not _lacks_place(own),
    ),
    Section(
        "types",
        "Types and connections",
        "What kind of studio it is, and how clients connect to it.",
        (fields.TYPES, fields.LINKED, text("custom_connection_methods")),
        _lacks_type,
        lambda own: not _lacks_type(own),
    ),
    Section(
        "services",
        "Services",
        "What people can book.",
        (text("services_offered"),),
        _nothing,
        _any_of("services_offered"),
    ),
    Section(
        "equipment",
        "Equipment",
        "Microphones, interfaces, software.",
        (text("equipment_list"),),
        _nothing,
        _any_of("equipment_list"),
    ),
    Section(
        "rates",
        "Rates",
        "What a session costs, in pounds.",
        (*map(number, ("rate_tier_1", "rate_tier_2", "rate_tier_3")), flag("show_rates")),
        _nothing,
        _any_of("rate_tier_1", "rate_tier_2", "rate_tier_3"),
    ),
    Section(
        "hours",
        "Opening hours",
        "When people can come or connect.",
        (*fields.WEEK, fields.ZONE, fields.HOURS_NOTE),
        _nothing,
        lambda own: bool(own.hours or own.details.hours_note),
    ),
    Section(
        "contact",
        "Contact",
        "How people reach you, and what of it they see.",
        (
            *(fields.TAKES_MESSAGES, text("phone"), flag("show_phone"), flag("show_email")),
            *(text("website_url"), *(text(f"{name}_url") for name in SOCIAL)),
        ),
        _nothing,
        _has_contact,
    ),
)


@dataclass(frozen=True)
class Pictures:
    """A section with pages of its own: see `site.show_pictures`."""

    slug: str = "pictures"
    title: str = "Pictures"
    about: str = "Up to ten. The first is the one in lists."

    def progress(self, own: Own) -> Progress:
        return Progress.DONE if own.studio.images else Progress.OPTIONAL

    def lacks(self, _own: Own) -> tuple[str, ...]:
        return ()


PICTURES = Pictures()


def section_called(slug: str) -> Section:
    found = next((each for each in SECTIONS if each.slug == slug), None)
    if found is None:
        raise NotFound("The form of your studio has no such section.")
    return found
