"""Times as authors write them: with a zone, or without one where nobody reported any.

A datetime here is aware where the zone is known and naive where it is not; a naive one is never
taken for UTC, but two of them can be subtracted.
"""

import re
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from portal.documents.yaml_sentences import quoted

_TIME = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[ \t]+|T)(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?"
    r"[ \t]*(\S.*)?$",
    re.I,
)
_CLOCK = re.compile(r"\d{1,2}:\d{2}(?::\d{2})?$")
_OFFSET = re.compile(r"(?:UTC|GMT)?([+-])(\d{1,2})(?::?(\d{2}))?$", re.I)
_SPAN = re.compile(
    r"(?:(\d+)\s*(?:d|days?)\b)?[\s,]*(?:(\d+)\s*(?:h|hrs?|hours?)\b)?(?:[\s,]|and)*"
    r"(?:(\d+)\s*(?:m|min|mins|minutes?)\b)?(?:[\s,]|and)*(?:(\d+)\s*(?:s|secs?|seconds?)\b)?$",
    re.I,
)
#: What a file says where no zone was reported.
UNKNOWN = "unknown"
YEARS = range(1970, 2201)


def read_time(value: object, zone: tzinfo | None = None) -> datetime:
    """A value of front matter as a time; `zone` is that of the file, for times without their own.

    Raises ValueError with the end of a sentence that starts with the key.
    """
    if value is None:
        raise ValueError("nothing stands there; write a time such as 2025-12-16 14:00 UTC.")
    if isinstance(value, datetime):
        at = value
    elif isinstance(value, str):
        at = _read(value.strip())
    elif isinstance(value, date):
        raise ValueError(
            f"{quoted(value)} is a day; a time such as 2025-12-16 14:00 UTC is needed."
        )
    else:
        raise ValueError(f"{quoted(value)} is not a time such as 2025-12-16 14:00 UTC.")
    if at.year not in YEARS:
        raise ValueError(f"{quoted(value)} is not in a year that can be meant.")
    at = at.replace(microsecond=0)
    return at.replace(tzinfo=zone) if at.tzinfo is None and zone else at


def read_zone(value: object) -> tzinfo | None:
    """“UTC”, “+01:00” or “Europe/London”; None for “unknown”. Raises ValueError."""
    name = str(value).strip()
    if name.lower() == UNKNOWN:
        return None
    if name.upper() in {"UTC", "GMT", "Z"}:
        return UTC
    if (found := _OFFSET.match(name)) and int(found[2]) < 15 and int(found[3] or 0) < 60:
        away = timedelta(hours=int(found[2]), minutes=int(found[3] or 0))
        return timezone(-away if found[1] == "-" else away)
    if name in _zones():
        return ZoneInfo(name)
    raise ValueError(f"{quoted(name)} is no time zone such as UTC, +01:00 or Europe/London.")


def read_span(text: str) -> timedelta | None:
    """“45 minutes”, “1 h 12 min”; None for anything that is not one exact length."""
    found = _SPAN.match(text.strip().rstrip("."))
    if not found or not any(found.groups()):
        return None
    days, hours, minutes, seconds = (int(part[:6]) if part else 0 for part in found.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def between(start: datetime | None, end: datetime | None) -> timedelta | None:
    """None where one is not recorded, both can't be compared, or the end is before the start."""
    if start is None or end is None or (start.tzinfo is None) is not (end.tzinfo is None):
        return None
    return end - start if end >= start else None


def aware(at: datetime | None) -> datetime | None:
    """The time if its zone is known."""
    return at if at is not None and at.tzinfo is not None else None


def _read(text: str) -> datetime:
    found = _TIME.match(text)
    if _CLOCK.match(text):
        raise ValueError(
            f"{quoted(text)} has no day and no zone; write it like 2025-12-16 {text[:5]} UTC."
        )
    if not found:
        raise ValueError(f"{quoted(text)} is not a time such as 2025-12-16 14:00 UTC.")
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
    try:
        at = datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 (the zone is next)
    except ValueError as error:
        raise ValueError(f"{quoted(text)} is not on any calendar: {error}.") from None
    return at.replace(tzinfo=read_zone(found[7])) if found[7] else at


@lru_cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())
