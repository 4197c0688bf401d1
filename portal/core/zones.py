"""The time zones of the IANA database, by name."""

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
    """Every valid zone name, including deprecated ones."""
    return frozenset(available_timezones())


@lru_cache
def offered_zones() -> tuple[str, ...]:
    """The names to choose from: UTC, then places by area; no deprecated names."""
    return ("UTC", *sorted(name for name in zone_names() if name.startswith(AREAS)))


def zone_called(text: str) -> str | None:
    """The zone's canonical name for “europe/london” or “America/New York”; None if unknown."""
    return _by_plain_name().get(text.strip().replace(" ", "_").casefold())


@lru_cache
def _by_plain_name() -> dict[str, str]:
    return {name.casefold(): name for name in zone_names()}
