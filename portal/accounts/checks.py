"""Validation of data about people, shared by all forms and commands."""

import re
import unicodedata

from portal.core.errors import Invalid
from portal.core.zones import zone_called

LONGEST_NAME = 100
LONGEST_SLUG = 40
SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
BREAKS = {"Cc", "Zl", "Zp"}  # Unicode control characters, line and paragraph separators


def email_address(text: str) -> str:
    """The address, normalised and in lower case. Raises Invalid."""
    from email_validator import EmailNotValidError, validate_email  # noqa: PLC0415 — loaded where it is used

    try:
        checked = validate_email(text.strip(), check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        raise Invalid(f"“{text.strip()}” is not an email address.", field="email") from None
    return checked.normalized.casefold()


def one_line(text: str, what: str, *, field: str) -> str:
    """The text without surrounding spaces. Raises Invalid, naming `what`, if it is empty or too
    long."""
    text = text.strip()
    if not text:
        raise Invalid(f"{what} is missing.", field=field)
    if any(unicodedata.category(character) in BREAKS for character in text):
        raise Invalid(f"{what} is one line, without line breaks or tabs.", field=field)
    if len(text) > LONGEST_NAME:
        raise Invalid(f"{what} has at most {LONGEST_NAME} characters.", field=field)
    return text


def slug_of_client(text: str) -> str:
    """Raises Invalid for a slug that could not be used in `clients: [acme]`."""
    text = text.strip()
    if len(text) > LONGEST_SLUG or not SLUG.fullmatch(text):
        raise Invalid(
            f"“{text}” can’t be a short name: small letters, digits and single hyphens, "
            f"at most {LONGEST_SLUG}.",
            field="slug",
        )
    return text


def time_zone(text: str) -> str:
    """The zone's canonical name. Raises Invalid."""
    if name := zone_called(text):
        return name
    raise Invalid(
        f"“{text.strip()}” is not a time zone. One looks like Europe/London.", field="time_zone"
    )
