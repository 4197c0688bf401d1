"""Fields for what owners type, and the functions that read it.

Everything is accepted as typed except where a value has a form of its own: an address of the web, a
phone number, pounds, times. A function raises ValueError with the sentence for the field.
"""

import re
from typing import Any
from urllib.parse import urlsplit

from wtforms import BooleanField, SelectMultipleField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length
from wtforms.widgets import CheckboxInput, ListWidget

from portal.directory.folding import UNPRINTABLE, one_line, visible
from portal.directory.models import StudioProfile
from portal.directory.owners.input.hours import canonical_hours
from portal.directory.owners.input.place import read_point, written
from portal.directory.owners.input.zones import zone_typed
from portal.directory.visibility import is_web_address

LONGEST_TEXT = 20_000
LONGEST_HOURS = 200
MOST_POUNDS = 100_000
FEWEST_DIGITS = 3
HOSTS = {
    "x": "https://x.com/",
    "instagram": "https://www.instagram.com/",
    "facebook": "https://www.facebook.com/",
    "youtube": "https://www.youtube.com/@",
    "vimeo": "https://vimeo.com/",
    "soundcloud": "https://soundcloud.com/",
}
"""Where a name such as “@sohovoice” leads to."""
HANDLE = re.compile(r"@([\w.-]{1,60})", re.ASCII)
POUNDS = re.compile(r"\d{1,3}(?:,\d{3})+|\d+")
WHOLE = "Give whole pounds, such as 45."


def line(label: str, most: int, description: str = "", **more: Any) -> StringField:
    """A text in one line."""
    return StringField(
        label,
        description=description,
        filters=[_one_line],
        validators=[at_most(most)],
        render_kw={"maxlength": most} | more,
    )


def prose(label: str, description: str = "", *, rows: int = 5, most: int = LONGEST_TEXT) -> Any:
    return TextAreaField(
        label,
        description=description,
        filters=[text_lines],
        validators=[at_most(most)],
        render_kw={"rows": rows},
    )


def box(label: str, description: str = "") -> BooleanField:
    return BooleanField(label, description=description)


def boxes(label: str, choices: list[SelectChoice], description: str = "") -> SelectMultipleField:
    return SelectMultipleField(
        label,
        description=description,
        choices=choices,
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )


def web_address(label: str, column: str, *, site: str = "") -> StringField:
    def read(text: Any) -> str:
        return address_typed(text, site=site)

    return StringField(
        label,
        filters=[read],
        validators=[at_most(length_of(column))],
        render_kw={"inputmode": "url", "autocapitalize": "none", "spellcheck": "false"},
    )


def pounds(label: str) -> StringField:
    return StringField(label, filters=[pounds_typed], render_kw={"inputmode": "numeric"})


def day(label: str) -> StringField:
    return StringField(
        label,
        filters=[_hours_typed],
        render_kw={"maxlength": LONGEST_HOURS, "autocomplete": "off", "placeholder": "Closed"},
    )


def coordinates(label: str, description: str) -> StringField:
    return StringField(
        label,
        description=description,
        filters=[_coordinates_typed],
        render_kw={"maxlength": 500, "autocomplete": "off", "placeholder": "51.5136, -0.1365"},
    )


def zone(label: str, description: str) -> StringField:
    return StringField(
        label,
        description=description,
        filters=[_zone_typed],
        render_kw={"maxlength": 200, "autocomplete": "off", "list": "zones"},
    )


def at_most(length: int) -> Length:
    return Length(max=length, message=f"This can have at most {length:,} characters.")


def text_lines(text: Any) -> str:
    """As typed, without characters that no page can show and without space around it."""
    lines = str(text or "").replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ").split("\n")
    return visible("\n".join(UNPRINTABLE.sub("", each).rstrip() for each in lines).strip("\n "))


def address_typed(text: Any, *, site: str = "") -> str:
    """An http or https address; without a scheme it gets one, and a name becomes a profile's."""
    address = one_line(str(text or ""))
    if not address:
        return ""
    if site in HOSTS and (handle := HANDLE.fullmatch(address)):
        return HOSTS[site] + handle[1]
    if "://" not in address and not re.match(r"[a-z][a-z0-9+.-]*:(?!\d)", address, re.IGNORECASE):
        address = f"https://{address}"
    if " " in address or not is_web_address(address) or not _is_host(address):
        raise ValueError("Give a web address, such as https://www.example.com.")
    return address


def _is_host(address: str) -> bool:
    host = urlsplit(address).hostname or ""
    return "." in host.strip(".") and not re.search(r"[\s<>\"'`\\{}|^]", address)


def phone_typed(text: Any) -> str:
    number = one_line(str(text or ""))
    if number and sum(each in "0123456789" for each in number) < FEWEST_DIGITS:
        raise ValueError("Give a phone number with its digits, such as +44 20 7946 0018.")
    return number


def pounds_typed(given: Any) -> int | None:
    """Whole pounds: “45”, “£45”, “45.00” and “1,200”."""
    if given is None or isinstance(given, int):
        return given
    text = one_line(str(given)).replace("£", "").replace(" ", "").removesuffix(".00")
    if not text:
        return None
    if text.startswith("-"):
        raise ValueError("A rate can’t be below £0.")
    if not text.isascii() or not POUNDS.fullmatch(text):
        raise ValueError(WHOLE)
    if len(text) > len(f"{MOST_POUNDS:,}") or (number := int(text.replace(",", ""))) > MOST_POUNDS:
        raise ValueError(f"A rate can be at most £{MOST_POUNDS:,}.")
    return number


def _one_line(text: Any) -> str:
    return visible(one_line(str(text or "")))


def _hours_typed(text: Any) -> str:
    given = one_line(str(text or ""))
    if len(given) > LONGEST_HOURS:
        raise ValueError(f"This can have at most {LONGEST_HOURS} characters.")
    return canonical_hours(given)


def _coordinates_typed(text: Any) -> str:
    point = read_point(str(text or "")[:500])
    return written(point) if point else ""


def _zone_typed(text: Any) -> str:
    return zone_typed(one_line(str(text or ""))[:200])


def length_of(column: str) -> int:
    length: int = getattr(StudioProfile.__table__.c[column].type, "length")  # noqa: B009
    return length
