"""What is wrong or waits for somebody, from several sources. One that fails ends no other."""

import logging
import time
from collections.abc import Callable, Iterable, Sequence

from flask import url_for
from sqlalchemy.exc import DBAPIError

from portal.control.home.alerts.alert import Alert
from portal.control.home.alerts.of_backups import of_backups, of_copies, of_damage
from portal.control.home.alerts.of_databases import of_databases
from portal.control.home.alerts.of_letters import of_letters
from portal.control.home.alerts.of_reports import of_incidents, of_questions, of_shares
from portal.control.home.alerts.of_work import of_runs, of_schedules, of_trouble, of_worker
from portal.control.home.directories import DirectoryStatus
from portal.core.errors import Unavailable
from portal.core.faults.unexpected import note_unexpected
from portal.core.odd_rows.scan import is_odd
from portal.core.odd_rows.searching import OPS_ROWS, search
from portal.core.storage.database import db

Source = Callable[[Sequence[DirectoryStatus]], Iterable[Alert]]

SOURCES: tuple[Source, ...] = (
    *(of_trouble, of_databases, of_worker, of_schedules),
    *(of_damage, of_backups, of_copies, of_letters),
    *(of_incidents, of_shares, of_runs, of_questions),
)
"""In the order in which alerts of the same weight are listed."""

log = logging.getLogger(__name__)


def alerts(seen: Sequence[DirectoryStatus]) -> list[Alert]:
    """Most severe first, and each sentence once."""
    found = {each.sentence: each for source in SOURCES for each in _from(source, seen)}
    return sorted(found.values(), key=lambda alert: not alert.is_grave)


def _from(source: Source, seen: Sequence[DirectoryStatus]) -> list[Alert]:
    """What the source found before it failed, and that it failed. Without ops the page ends."""
    found: list[Alert] = []
    try:
        for each in source(seen):
            found.append(each)  # noqa: PERF402 — what came before a failure counts
    except (DBAPIError, Unavailable):
        raise
    except Exception as error:
        log.exception("Home could not ask %s", source.__name__)
        note_unexpected(error, f"home: {source.__name__}")
        found.append(_unknown(source, error))
        found += _of_odd_rows() if is_odd(error) else []
    return found


def _of_odd_rows() -> list[Alert]:
    """The rows that may be the reason: pages leave them out from now on. At most once a minute."""
    if time.monotonic() - _searched.get(OPS_ROWS, float("-inf")) < EACH:
        return []
    _searched[OPS_ROWS] = time.monotonic()
    db.session.rollback()
    address = url_for("databases.list_databases")
    found = search(OPS_ROWS)
    return [Alert(str(each), "Look at the databases", address, is_grave=True) for each in found]


_searched: dict[str, float] = {}
EACH = 60.0
"""Seconds between two searches: a fault of the program is no reason to read everything."""


def _unknown(source: Source, error: Exception) -> Alert:
    about = source.__name__.removeprefix("of_")
    return Alert(
        f"It is unknown whether anything is wrong with {about}: {type(error).__name__}.",
        "Look at the errors",
        url_for("monitoring.list_errors"),
        is_grave=True,
    )
