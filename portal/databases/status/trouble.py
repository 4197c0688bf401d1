"""What is wrong with a database's disk, file or server now: for home, `check` and the worker."""

from collections.abc import Iterator

from portal.core.configuration.settings import settings
from portal.core.errors import PortalError
from portal.core.faults.alarm import alarm, failed_lately
from portal.core.faults.places import Place, places
from portal.core.faults.probe import fault_now
from portal.databases.targets.registry import registered_target


def troubles(*, quickly: bool = False) -> list[PortalError]:
    """Of the control room's database, and of each database that should be there; logged, too.

    `quickly`: for a page; a server is not asked, and what failed lately in this process counts.
    """
    return list(_found(quickly=quickly))


def _found(*, quickly: bool) -> Iterator[PortalError]:
    config = settings()
    for place in places(config):
        if not _is_expected(place):
            continue
        is_asked = place.file is not None or not quickly
        fault = fault_now(place, config) if is_asked else failed_lately(place)
        if fault is not None:
            alarm(fault)
            yield fault


def _is_expected(place: Place) -> bool:
    return place.is_ops or registered_target(place.key) is not None
