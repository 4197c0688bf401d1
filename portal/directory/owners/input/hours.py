"""Opening hours as people type them: “9-5”, “10:00–13:00, 14:00–18:00”, “closed”."""

import re
from itertools import pairwise
from typing import NamedTuple

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
NOON, MIDNIGHT = 720, 1440
HOUR = 60
MOST_SPANS = 6
EARLY = 7 * HOUR
"""“5-9pm” is an evening: few open before seven."""
BETWEEN_SPANS = re.compile(r"\s*(?:[,;+&/\n]|\band\b)\s*", re.IGNORECASE)
BETWEEN_TIMES = re.compile(r"\s*(?:[-‐‑‒–—]|\bto\b|\btill\b|\buntil\b)\s*", re.IGNORECASE)
TIME = re.compile(r"(\d{1,2})(?:\s*[:.h]\s*(\d{2})|h)?\s*([ap])?\.?\s*(?:m\.?)?", re.IGNORECASE)
IN_DIGITS = re.compile(r"(\d{1,2})(\d{2})")
CLOSED = frozenset({"", "closed", "close", "shut", "no", "none", "-", "–", "—"})
ALL_DAY = frozenset(
    {"24h", "24 h", "24 hours", "all day", "open all day", "always", "day and night"}
)
NAMED = {"noon": NOON, "midday": NOON, "midnight": MIDNIGHT}
EXAMPLE = "Type times such as 9-17 or 9:30am-1pm, 2pm-6pm."


class Span(NamedTuple):
    """Minutes from midnight."""

    opens: int
    closes: int


class _Time(NamedTuple):
    minutes: int
    is_sure: bool
    """Whether morning or afternoon was said, or follows from the number."""


def read_hours(text: str) -> tuple[Span, ...]:
    """The spans of a day, in order; none for a closed day. Raises ValueError with a sentence."""
    words = " ".join(text.split()).strip(" .").casefold()
    if words in CLOSED:
        return ()
    if words in ALL_DAY:
        return (Span(0, MIDNIGHT),)
    spans = sorted({_span(part) for part in BETWEEN_SPANS.split(words) if part})
    if len(spans) > MOST_SPANS:
        raise ValueError(f"A day has at most {MOST_SPANS} spans.")
    for earlier, later in pairwise(spans):
        if later.opens < earlier.closes:
            raise ValueError(f"{_said(earlier)} and {_said(later)} overlap.")
    return tuple(spans)


def written_hours(spans: tuple[Span, ...]) -> str:
    return ", ".join(_said(each) for each in sorted(spans))


def canonical_hours(text: str) -> str:
    return written_hours(read_hours(text))


def _span(text: str) -> Span:
    parts = BETWEEN_TIMES.split(text)
    if len(parts) != 2:
        raise ValueError(f"“{text}” is not a span of time. {EXAMPLE}")
    first, last = _time(parts[0]), _time(parts[1])
    opens, closes = first.minutes, last.minutes
    if "p" in parts[1] and not first.is_sure and opens < EARLY and opens + NOON < closes:
        opens += NOON
    if closes <= opens and not last.is_sure and closes <= NOON:
        closes += NOON  # 9-5 is until 17:00
    if closes == 0 and last.is_sure:
        closes = MIDNIGHT  # 18:00-00:00
    if closes <= opens:
        raise ValueError(
            f"{text} ends before it begins. Write {_clock(opens)}-24:00 here, and what is after"
            " midnight on the next day."
        )
    return Span(opens, closes)


def _time(text: str) -> _Time:
    text = text.strip()
    if text in NAMED:
        return _Time(NAMED[text], True)
    if found := TIME.fullmatch(text):
        return _minutes(int(found[1]), int(found[2] or 0), found[3], text)
    if found := IN_DIGITS.fullmatch(text):
        return _minutes(int(found[1]), int(found[2]), None, text)
    raise ValueError(f"“{text}” is not a time. {EXAMPLE}")


def _minutes(hours: int, minutes: int, half: str | None, text: str) -> _Time:
    most = 12 if half else 24
    if hours > most or minutes > 59 or (hours == 24 and minutes) or (half and not hours):
        raise ValueError(f"“{text}” is not a time of the day. {EXAMPLE}")
    if half:
        hours = hours % 12 + (12 if half == "p" else 0)
    is_sure = bool(half) or hours > 12 or hours == 0 or text.startswith("0")
    return _Time(hours * HOUR + minutes, is_sure)


def _said(span: Span) -> str:
    return f"{_clock(span.opens)}–{_clock(span.closes)}"


def _clock(minutes: int) -> str:
    return f"{minutes // HOUR:02}:{minutes % HOUR:02}"
