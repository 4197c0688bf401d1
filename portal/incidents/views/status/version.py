"""Which answers of the status page may be kept, and the version that they depend on."""

import re
import time
from collections.abc import Hashable
from dataclasses import dataclass

from portal.core.configuration.settings import Settings
from portal.core.storage.ops_version import OpsVersion, TableVersions
from portal.jobs.processes import session_name

TABLES = frozenset({"live_incidents", "incident_updates", "probes"})
"""Those with a version of their own: spans are written together with their probe."""
LONGEST = 2.0
"""Seconds for which an answer is kept, whatever its version: it depends on the time too."""
SLOW, PAUSE = 0.1, 2.0
"""Seconds: after a question without an answer that took so long, none is asked for a moment."""
MOST_BYTES = 4_000_000
_INCIDENT = re.compile(r"/status/incidents/([a-z0-9-]{1,120})")
_PAGE = re.compile(r"page=([1-9][0-9]{0,4})")


@dataclass(frozen=True, slots=True)
class Version:
    key: Hashable
    moved: Hashable


@dataclass(frozen=True, slots=True)
class StatusAddress:
    key: Hashable
    studio: int | None = None
    depends_on_time: bool = True


class StatusVersion:
    """One for each process; safe to call from any thread."""

    def __init__(self, settings: Settings) -> None:
        self._ops = OpsVersion(settings.ops_url, name=session_name, most=1)
        self._not_before = float("-inf")

    def ask(self, _studio: int | None = None) -> Version | None:
        """None if it is unknown: then nothing is kept."""
        began = time.monotonic()
        found = self._ops.ask() if began >= self._not_before else None
        if found is None and (ended := time.monotonic()) - began > SLOW:
            self._not_before = ended + PAUSE
        if isinstance(found, TableVersions):
            found = found.of(TABLES)
        return None if found is None else Version(found, found)


def status_address(path: str, query: str) -> StatusAddress | None:
    """None for what is never kept: other pages, and unusual queries."""
    if path == "/status":
        number = _PAGE.fullmatch(query)
        return StatusAddress((path, number[1] if number else "1")) if number or not query else None
    return StatusAddress(path) if not query and _INCIDENT.fullmatch(path) else None
