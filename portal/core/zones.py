"""The time zones of the IANA database, by their names."""

from functools import lru_cache
from zoneinfo import available_timezones

UTC_NAMES = frozenset({"UTC", "Etc/UTC"})
AREAS = (
    "Africa/",
    "America/",
    "Antarctica/",
    "Asia/",
    "Atlantic/",
    "Australia/",
    "Europe/",
    "Indian/",
    "Pacific/",
)


@lru_cache
def zone_names() -> frozenset[str]:
    """Every name that means a zone, old spellings included."""
    return frozenset(available_timezones())


@lru_cache
def offered_zones() -> tuple[str, ...]:
    """The names to choose from: UTC, then places by area; none of the old spellings."""
    return ("UTC", *sorted(name for name in zone_names() if name.startswith(AREAS)))


def zone_called(text: str) -> str | None:
    """The zone's exact name for “europe/london” or “America/New York”; None where there is none."""
    return _by_plain_name().get(text.strip().replace(" ", "_").casefold())


@lru_cache
def _by_plain_name() -> dict[str, str]:
    return {name.casefold(): name for name in zone_names()}
