"""Display formats of times, durations, numbers, sizes and hashes."""

from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from flask import Flask
from markupsafe import Markup

from portal.accounts.reader_zone import reader_zone_name
from portal.core.clock import now
from portal.core.durations import duration
from portal.core.page import cached_per_page

STEPS = (
    ("year", 31_536_000),
    ("month", 2_592_000),
    ("day", 86_400),
    ("hour", 3600),
    ("minute", 60),
)


def moment(at: datetime | None, zone: tzinfo | None = None) -> Markup:
    """“14:32 (12 minutes ago)” in the reader's zone; UTC in `datetime` and on hover."""
    if at is None:
        return Markup("–")
    day, clock = f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}".split()
    said = f"{clock_time(at, zone)} ({relative(at)})"
    return Markup(  # noqa: S704 (figures and names of months; `format` takes ten times as long)
        f'<time datetime="{day}T{clock}Z" title="{day} {clock} UTC">{said}</time>'
    )


def clock_time(at: datetime, zone: tzinfo | None = None) -> str:
    """The time in the reader's zone, with as much of the date as is needed to be unambiguous."""
    zone = zone or reader_zone()
    local, today = at.astimezone(zone), now().astimezone(zone)
    suffix = " UTC" if zone is UTC else ""
    if local.date() == today.date():
        return f"{local:%H:%M}{suffix}"
    if abs(today - local) < timedelta(days=6):
        return f"{local:%a %H:%M}{suffix}"
    return f"{local.day} {local:%b %Y, %H:%M}{suffix}"


def relative(at: datetime) -> str:
    seconds = (now() - at).total_seconds()
    for unit, size in STEPS:
        if abs(seconds) >= size:
            count = int(abs(seconds) // size)
            words = f"{count} {unit}{'' if count == 1 else 's'}"
            return f"{words} ago" if seconds > 0 else f"in {words}"
    return "just now"


def age(seconds: int) -> str:
    """“9 s ago”, “3 min ago”, “2 h ago”: what ages.js goes on counting."""
    if seconds < 90:
        return f"{seconds} s ago"
    return f"{seconds // 60} min ago" if seconds < 5400 else f"{seconds // 3600} h ago"


def date(at: datetime | None) -> Markup:
    """“16 December 2025”, for pages where the time of day does not matter."""
    if at is None:
        return Markup("–")
    local = at.astimezone(reader_zone())
    return Markup(  # noqa: S704 (as in `moment`)
        f'<time datetime="{local:%Y-%m-%d}">{local.day} {local:%B %Y}</time>'
    )


def number(value: float | None) -> str:
    return "–" if value is None else f"{value:,}"


def short_hash(value: str | bytes | None, length: int = 4) -> str:
    """The first characters of a hash or uuid: “6f2c…”."""
    if not value:
        return "–"
    text = value.hex() if isinstance(value, bytes) else str(value)
    return text if len(text) <= length else f"{text[:length]}…"


def filesize(size: float | None) -> str:
    """Bytes in powers of 1,000: “5.1 MB”."""
    if size is None:
        return "–"
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < 1000 or unit == "GB":
            break
        size /= 1000
    return f"{size:.0f} {unit}" if unit == "bytes" else f"{size:.1f} {unit}"


def page_window(current: int, pages: int) -> list[int | None]:
    """The page numbers to show, with None for a gap."""
    shown = [n for n in range(1, pages + 1) if n in {1, pages} or abs(n - current) <= 1]
    window: list[int | None] = []
    for before, n in zip([0, *shown], shown, strict=False):
        if n - before == 2:
            window.append(n - 1)
        elif n - before > 2:
            window.append(None)
        window.append(n)
    return window


@cached_per_page
def reader_zone() -> tzinfo:
    """The reader's zone; UTC, labelled as such, if unknown."""
    name = reader_zone_name()
    return UTC if name == "UTC" else ZoneInfo(name)


def init_formats(app: Flask) -> None:
    filters = (moment, clock_time, relative, age, date, duration, number, short_hash, filesize)
    app.jinja_env.filters.update({each.__name__: each for each in (*filters, page_window)})
