"""What each section of the form says by now, in a few words for the overview."""

from collections.abc import Callable
from typing import Any

from portal.directory.folding import one_line
from portal.directory.formats import capitalize_first
from portal.directory.models import StudioProfile
from portal.directory.owners.fields import connections_of
from portal.directory.owners.input.hours import DAYS
from portal.directory.owners.own import Own
from portal.directory.visibility import MINUTES, SOCIAL, lines_of

LONGEST = 90
MOST_PICTURES = 10


def summary_of(slug: str, own: Own) -> str:
    """Empty where the section says nothing yet."""
    text = _SAYS[slug](own)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1].rstrip()}…"


def _identity(own: Own) -> str:
    parts = (one_line(own.studio.name), one_line(own.studio.short_about))
    return ": ".join(filter(None, parts))


def _place(own: Own) -> str:
    address = own.studio.full_address if own.studio.show_address else None
    return one_line(address) or one_line(own.studio.city)


def _types(own: Own) -> str:
    types = sorted(each.studio_type.value for each in own.studio.types)
    return capitalize_first(", ".join([*types, *connections_of(own)]))


def _lines(column: str) -> Callable[[Own], str]:
    def lines(own: Own) -> str:
        return ", ".join(lines_of(getattr(own.studio, column)))

    return lines


def _rates(own: Own) -> str:
    studio: StudioProfile = own.studio
    tiers = zip(MINUTES, (studio.rate_tier_1, studio.rate_tier_2, studio.rate_tier_3), strict=True)
    said = ", ".join(
        f"£{pounds:,} for {minutes} min" for minutes, pounds in tiers if pounds is not None
    )
    return said if studio.show_rates or not said else f"{said} (not shown)"


def _hours(own: Own) -> str:
    days = [name[:3] for at, name in enumerate(DAYS) if any(h.weekday == at for h in own.hours)]
    return ", ".join(days) or one_line(own.details.hours_note)


def _contact(own: Own) -> str:
    studio: Any = own.studio
    links = ("website_url", *(f"{name}_url" for name in SOCIAL))
    said = {
        "messages": own.details.takes_messages,
        "phone": studio.show_phone and studio.phone,
        "email address": studio.show_email,
        "links": any(getattr(studio, name) for name in links),
    }
    return capitalize_first(", ".join(what for what, is_there in said.items() if is_there))


def _pictures(own: Own) -> str:
    count = len(own.studio.images)
    return f"{count} of {MOST_PICTURES}" if count else ""


_SAYS: dict[str, Callable[[Own], str]] = {
    "identity": _identity,
    "place": _place,
    "types": _types,
    "services": _lines("services_offered"),
    "equipment": _lines("equipment_list"),
    "rates": _rates,
    "hours": _hours,
    "contact": _contact,
    "pictures": _pictures,
}
