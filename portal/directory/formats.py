"""Display formats of distances, ratings and owners' texts."""

from markupsafe import Markup

from portal.directory.geography import KM_PER_MILE
from portal.directory.presentation import Rating
from portal.documents.rendering.plain_text import OF_USERS, linkify


def distance(km: float, unit: str = "km") -> str:
    """“1.2 km”, “14 mi”; never more precise than the known location."""
    amount = km / (KM_PER_MILE if unit == "mi" else 1)
    if amount < 1:
        return f"under 1 {unit}"
    return f"{amount:.1f} {unit}" if amount < 10 else f"{amount:,.0f} {unit}"


def stars(rating: Rating) -> str:
    """“4.7 of 5 from 12 reviews”, for screen readers."""
    reviews = "1 review" if rating.count == 1 else f"{rating.count:,} reviews"
    return f"{rating.average:.1f} of 5 from {reviews}"


def plain(text: str) -> Markup:
    return linkify(text)


def of_users(text: str) -> Markup:
    """What visitors write, and answers to it."""
    return linkify(text, OF_USERS)


def capitalize_first(text: str) -> str:
    """“Voice-over coach”; a name such as “ISDN” is unchanged."""
    return text[:1].upper() + text[1:]


def telephone(number: str) -> str:
    """The number to dial: digits and a leading plus."""
    digits = "".join(c for c in number if c in "0123456789")
    return f"+{digits}" if number.strip().startswith("+") else digits


def pairs(named: dict[str, str]) -> tuple[tuple[str, str], ...]:
    """“Any”, then the named ones; hashable, as `same_again` needs it."""
    return ("", "Any"), *named.items()


FILTERS = {
    each.__name__: each
    for each in (distance, stars, plain, of_users, capitalize_first, telephone, pairs)
}
