"""Times as authors write them: with a zone, or without one if none was reported.

A datetime here is aware if the zone is known and naive otherwise; a naive one is never assumed to
be UTC, but two of them can be subtracted.
"""

import re
from datetime import UTC, date, datetime, timedelta, tzinfo

from portal.documents.front_matter.yaml_errors import quoted
from portal.incidents.timelines.zones import in_zone, read_zone

_TIME = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[ \t]+|T)(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?"
    r"[ \t]*(\S.*)?$",
    re.I,
)
_CLOCK = re.compile(r"(\d{1,2}[:.]\d{2}(?:[:.]\d{2})?)(?:\s*[ap]\.?m\.?)?(?:\s+(\S+)|(Z))?$", re.I)
_SPAN = re.compile(
    r"(?:(\d+)\s*(?:d|days?)\b)?[\s,]*(?:(\d+)\s*(?:h|hrs?|hours?)\b)?(?:[\s,]|and)*"
    r"(?:(\d+)\s*(?:m|min|mins|minutes?)\b)?(?:[\s,]|and)*(?:(\d+)\s*(?:s|secs?|seconds?)\b)?$",
    re.I,
)
YEARS = range(1970, 2201)


def read_time(value: object, zone: tzinfo | None = None) -> datetime:
    """Parse a value of front matter; `zone` is the file's, for times without their own.

    Raises ValueError with the end of a sentence that starts with the key.
    """
    if value is None:
        raise ValueError("the value is empty; write a time such as 2025-12-16 14:00 UTC.")
    if isinstance(value, datetime):
        at = value
    elif isinstance(value, str):
        at = _read(value.strip(), zone)
    elif isinstance(value, date):
        raise ValueError(
            f"{quoted(value)} is a day; a time such as 2025-12-16 14:00 UTC is needed."
        )
    else:
        raise ValueError(f"{quoted(value)} is not a time such as 2025-12-16 14:00 UTC.")
    if at.year not in YEARS:
        raise ValueError(f"{quoted(value)} is not in a year that can be meant.")
    at = at.replace(microsecond=0)
    return in_zone(at, zone) if at.tzinfo is None and zone else at


def shortened(value: object) -> str:
    """A value for quoting in a sentence; very large numbers can't be converted to text."""
    try:
        text = " ".join(str(value).split())
    except ValueError:
        return "a number of thousands of digits"
    return text if len(text) <= 100 else f"{text[:99]}…"


def read_span(text: str) -> timedelta | None:
    """“45 minutes”, “1 h 12 min”; None for anything that is not one exact duration."""
    found = _SPAN.match(text.strip().rstrip("."))
    if not found or not any(found.groups()):
        return None
    days, hours, minutes, seconds = (int(part[:6]) if part else 0 for part in found.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def between(start: datetime | None, end: datetime | None) -> timedelta | None:
    """None if one is not recorded, they can't be compared, or the end is before the start."""
    if start is None or end is None or (start.tzinfo is None) is not (end.tzinfo is None):
        return None
    if start.tzinfo is not None:
        start, end = start.astimezone(UTC), end.astimezone(UTC)
    return end - start if end >= start else None


def aware(at: datetime | None) -> datetime | None:
    """The time, if its zone is known."""
    return at if at is not None and at.tzinfo is not None else None


def _read(text: str, zone: tzinfo | None) -> datetime:
    found = _TIME.match(text)
    if not found:
        raise ValueError(_missing(text, zone))
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
    try:
        at = datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 (the zone is next)
    except ValueError as error:
        raise ValueError(f"{quoted(text)} is not on any calendar: {error}.") from None
    own = read_zone(found[7]) if found[7] else None
    return in_zone(at, own) if own and at.year in YEARS else at


def _missing(text: str, zone: tzinfo | None) -> str:
    """What a value lacks to be a time: a time of day lacks its date, and perhaps its zone."""
    found = _CLOCK.match(text)
    if not found:
        return f"{quoted(text)} is not a time such as 2025-12-16 14:00 UTC."
    lacks = "no day" if found[2] or found[3] or zone else "no day and no zone"
    return f"{quoted(text)} has {lacks}; write it like 2025-12-16 {found[1].replace('.', ':')} UTC."
