"""Time zones as authors name them, and times in them. Nothing is guessed."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from portal.documents.front_matter.yaml_errors import quoted
from portal.documents.markdown.blocks.blocks import Block
from portal.documents.markdown.slugs import plain_title

#: The value for a zone that was not reported.
UNKNOWN = "unknown"
_OFFSET = re.compile(r"(?:UTC|GMT)?\s*([+-])(\d{1,2})(?::?(\d{2}))?$", re.I)
#: Unambiguous abbreviations: hours from UTC, and a place that uses them.
_EUROPEAN = {
    "WET": (0, "Europe/Lisbon"),
    "WEST": (1, "Europe/Lisbon"),
    "CET": (1, "Europe/Berlin"),
    "CEST": (2, "Europe/Berlin"),
    "EET": (2, "Europe/Helsinki"),
    "EEST": (3, "Europe/Helsinki"),
}
#: Known to `zoneinfo`, but also used for other zones.
_SHARED = frozenset({"EST", "MST", "HST", "ROC", "ROK", "PRC", "MET"})
#: Abbreviations that authors use for zones, including ambiguous ones.
_NAMES = (
    "UTC GMT Z WET WEST CET CEST EET EEST MET MEZ MESZ BST IST MSK TRT EST EDT ET CST CDT "
    "CT MST MDT MT PST PDT PT AKST AKDT HST AST ADT NST BRT ART CLT JST KST SGT HKT PHT "
    "WIB ICT PKT GST AEST AEDT ACST AWST NZST NZDT SAST EAT WAT CAT"
)
ABBREVIATIONS = frozenset(_NAMES.split())
OFFSET = r"(?:UTC|GMT|utc|gmt)[ ]?[+-]\d{1,2}(?::?\d{2})?(?!\d)|[+]\d{1,2}(?::?\d{2})?(?![\d:])"
PLACE = r"[A-Z][A-Za-z]{1,14}(?:/[A-Z][A-Za-z_-]{1,24}){1,2}"
_SAID = re.compile(
    r"(?:^|[.(*_|;]\s*)(?:all |the )?(?:times?|timestamps?|clocks?|time ?zone)\b"
    r"(?: (?:below|above|here|listed|given|shown|stated|are|is|in|the|all|of|this|timeline|report"
    r"|table|reported|noted|displayed|events|zone|approximate|and)\b){0,6}\s*:?\s*"
    rf"(?P<zone>{OFFSET}|(?-i:{PLACE}|[A-Z]{{2,5}}\b|Z\b)|local(?: time)?\b)"
    r"(?: ?time)?\s*(?:$|[.,;)*_|])",
    re.I,
)


def read_zone(value: object) -> tzinfo | None:
    """“UTC”, “+01:00”, “CET” or “Europe/London”; None for “unknown”. Raises ValueError."""
    name = str(value).strip()
    if name.lower() == UNKNOWN:
        return None
    if name.upper() in {"UTC", "GMT", "Z"}:
        return UTC
    if (found := _OFFSET.match(name)) and int(found[2]) < 15 and int(found[3] or 0) < 60:
        away = timedelta(hours=int(found[2]), minutes=int(found[3] or 0))
        return timezone(-away if found[1] == "-" else away)
    if european := _EUROPEAN.get(name.upper()):
        return timezone(timedelta(hours=european[0]), name.upper())
    if name in _zones():
        return ZoneInfo(name)
    several = " Several zones share that abbreviation." if name.upper() in ABBREVIATIONS else ""
    raise ValueError(
        f"{quoted(name)} is no time zone such as UTC, +01:00 or Europe/London.{several}"
    )


def in_zone(at: datetime, zone: tzinfo) -> datetime:
    """A naive time in a zone, with its offset. Raises ValueError for a time that is ambiguous or
    skipped at a clock change, and for an abbreviation that was not in use on that date.
    """
    written = f"{at:%Y-%m-%d %H:%M}"
    if european := _EUROPEAN.get(zone.tzname(None) or ""):
        shown = at.replace(tzinfo=ZoneInfo(european[1])).tzname()
        again = at.replace(tzinfo=ZoneInfo(european[1]), fold=1).tzname()
        if zone.tzname(None) not in {shown, again}:
            raise ValueError(
                f"{written} was no {zone.tzname(None)}: clocks showed {shown} that day."
            )
    if not isinstance(zone, ZoneInfo):
        return at.replace(tzinfo=zone)
    first, second = at.replace(tzinfo=zone).utcoffset(), at.replace(tzinfo=zone, fold=1).utcoffset()
    if first is None or first != second:
        there = at.replace(tzinfo=zone).astimezone(UTC).astimezone(zone).replace(tzinfo=None)
        times = "twice" if there == at else "never"
        raise ValueError(
            f"Clocks in {zone.key} showed {written} {times}, for they were changed: write an offset"
            " such as +02:00."
        )
    return at.replace(tzinfo=timezone(first))


def stated_zones(blocks: Iterator[Block]) -> dict[str, int]:
    """The zones stated for all times of a text, as in “All times in UTC.”, with their lines."""
    found: dict[str, int] = {}
    for block in blocks:
        if block.kind in {"paragraph", "heading"}:
            for line, text in enumerate(block.text, block.line):
                if len(text) <= 1_000 and (said := _SAID.search(plain_title(text))):
                    found.setdefault(said["zone"].strip(), line)
    return found


@lru_cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones() - _SHARED)
