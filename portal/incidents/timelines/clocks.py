"""Parses times and dates in a timeline: “~14:05”, “7 March 2026 09:12 UTC”, “2 pm”."""

import re
from dataclasses import dataclass
from datetime import date, time

from portal.incidents.timelines.zones import ABBREVIATIONS, OFFSET, PLACE

_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.?"
_WEEKDAY = r"(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]{0,6}\.?,?\s+)?"
_ABOUT = (
    r"(?:(?:~|≈|@|\(|\[|approx(?:\.|imately)?|around|about|circa|ca\.?|c\.|at|by|from)\s*){0,3}"
)
_NTH = r"(?:st|nd|rd|th)?"
_DAY = re.compile(
    rf"{_ABOUT}{_WEEKDAY}(?:"
    r"(?P<y>\d{4})[-/](?P<m>\d{1,2})[-/](?P<d>\d{1,2})(?!\d)"
    r"|(?P<dd>\d{1,2})\.(?P<dm>\d{1,2})\.(?P<dy>\d{4})(?!\d)"
    r"|(?P<odd>\d{1,2}/\d{1,2}(?:/\d{2,4})?)(?!\d)"
    rf"|(?P<nd>\d{{1,2}}){_NTH}\s+(?P<nm>{_MONTH})(?:,?\s+(?P<ny>\d{{4}})(?![\d:]))?"
    rf"|(?P<um>{_MONTH})\s+(?P<ud>\d{{1,2}}){_NTH}(?![\d:])(?:,?\s+(?P<uy>\d{{4}})(?![\d:]))?"
    r")(?:T(?=\d)|[\s,;]+|(?=[\])])|$)(?:(?:at|[-–—|])\s+)?",
    re.I,
)
_HALF = r"\s*[ap]\.?m\b\.?"
#: Formatted with the characters that may separate hours and minutes.
_CLOCK = r"\d{1,2}(?:[%s]\d{2}(?:[:.]\d{2}(?:[.,]\d{1,9})?)?(?!\d)(?:" + _HALF + ")?|" + _HALF + ")"
_PARTS = re.compile(
    r"(\d{1,2})(?:[:.](\d{2})(?:[:.](\d{2})(?:[.,]\d+)?)?)?\s*(?:([ap])\.?m\.?)?$", re.I
)
#: A minus after a time begins a range, or an offset: 2026-03-07T09:12-05:00.
_MINUS = re.compile(r"\s?-(\d{2})(:?)(\d{2})(?!\d)")


@dataclass(frozen=True)
class WrittenTime:
    """The start of a text: a date if there is one, a time, the name of a zone, and the index where
    they end. `odd` is an ambiguous text.
    """

    day: date | None = None
    clock: time | None = None
    zone: str = ""
    end: int = 0
    odd: str = ""


def written_in(text: str, *, near: date | None, in_cell: bool) -> WrittenTime:
    """`near` supplies the year for a date without one. In a cell every capitalised word after a
    time is a zone, and a full stop may separate hours and minutes; at the start of a sentence
    neither holds.
    """
    found = _DAY.match(text)
    day, end = None, 0
    if found:
        day, end = _day(found, near), found.end()
        if day is None:
            return WrittenTime(end=end, odd=found[0].strip())
    pattern = _IN_CELL if in_cell else _IN_SENTENCE
    clock = pattern.search(text, end) if in_cell else pattern.match(text, end)
    if not clock:
        return WrittenTime(day, end=end)
    if (at := _clock(clock["from"], clock["to"])) is None:
        return WrittenTime(day, end=clock.end(), odd=clock[0].strip())
    zone, minus = clock["zone"] or "", None
    if day and not zone and (minus := _MINUS.match(text, clock.end("from"))):
        is_iso = text[clock.start("from") - 1] in "Tt" or not minus[2]
        if not is_iso and _may_be_offset(minus, at):
            return WrittenTime(day, end=clock.end(), odd=text[: minus.end()])
        zone = minus[0].strip() if is_iso else ""
    return WrittenTime(day, at, zone, max(clock.end(), minus.end() if zone and minus else 0))


def _may_be_offset(minus: re.Match[str], start: time) -> bool:
    """Whether “09:12-05:00” is no range within a day, but an existing offset."""
    return int(minus[1]) < min(start.hour, 13) and minus[3] in {"00", "30", "45"}


def _pattern(*, in_cell: bool) -> re.Pattern[str]:
    clock = _CLOCK % (":." if in_cell else ":")
    known = "|".join(sorted(ABBREVIATIONS, key=len, reverse=True))
    words = r"[A-Z]{2,5}\b" if in_cell else rf"(?:{known})\b"
    before = r"(?:(?<![\w:.+/-])(?<![+]\s)|(?<=\dT))" if in_cell else ""
    name = rf"(?-i:(?P<zone>{OFFSET}|{PLACE}|Z\b|utc\b|gmt\b|{words}))"
    zone = rf"(?:\s*[(\[]?{name}[)\]]?)?"
    until = rf"(?:\s*(?:[-–—]|to\b|until\b|till\b)\s*(?P<to>{clock}))?"
    return re.compile(rf"{before}{_ABOUT}(?P<from>{clock}){until}{zone}[)\]]?", re.I)


_IN_CELL, _IN_SENTENCE = _pattern(in_cell=True), _pattern(in_cell=False)


def _day(found: re.Match[str], near: date | None) -> date | None:
    parts = found.groupdict()
    day, month, year = (
        next((parts[name] for name in names if parts[name]), "")
        for names in (("d", "dd", "nd", "ud"), ("m", "dm", "nm", "um"), ("y", "dy", "ny", "uy"))
    )
    if parts["odd"] or not (year or near):
        return None
    number = int(month) if month.isdecimal() else _MONTHS.index(month[:3].lower()) + 1
    years = [int(year)] if year else [near.year + step for step in (-1, 0, 1)] if near else []
    days = [made for each in years if (made := _made(each, number, int(day)))]
    return min(days, key=lambda each: abs(each - (near or each)), default=None)


def _made(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _clock(first: str, second: str | None) -> time | None:
    """The start of a range. The second “pm” in “2:00–2:30 pm” applies to both, if possible."""
    start, end = _time(first), _time(second) if second else None
    half = re.search(r"([ap])\.?m", second or "", re.I)
    if start and end and half and not re.search(r"[ap]\.?m", first, re.I):
        start = _time(f"{first} {half[0]}")
        return start if start and start <= end else None
    return start


def _time(text: str) -> time | None:
    found = _PARTS.match(text.strip())
    if not found:
        return None
    hour, minute, second = (int(part or 0) for part in found.groups()[:3])
    if found[4]:
        if hour > 12 and found[4] in "aA":
            return None
        hour = hour % 12 + (12 if found[4] in "pP" else 0)
    try:
        return time(hour, minute, second)
    except ValueError:
        return None
