"""Alerts of the machine, of background jobs, and of runs."""

from collections.abc import Iterator, Sequence

from flask import url_for

from portal.control.home.alerts.alert import GO_ON, Alert
from portal.control.home.directories import DirectoryStatus
from portal.core.configuration.settings import settings
from portal.core.odd_rows.known import known_odd
from portal.databases.status.trouble import troubles
from portal.jobs.leases.workers import worker_is_alive, worker_of_other_release
from portal.monitoring.stalled import missed_schedules, worker_last_seen
from portal.runbooks.engine.queries import waiting_runs

Seen = Sequence[DirectoryStatus]


def of_trouble(_seen: Seen) -> Iterator[Alert]:
    """Disks, files and servers; with what to do, as home may be all that can be shown."""
    address = url_for("databases.list_databases")
    for each in [*troubles(quickly=True), *known_odd(settings().data)[:3]]:
        yield Alert(str(each), "Look at the databases", address, is_grave=True)


def of_worker(_seen: Seen) -> Iterator[Alert]:
    if not worker_is_alive():
        waits = "The worker is not running: what is started waits until it is."
        sentence = " ".join(filter(None, [waits, worker_last_seen()]))
        yield Alert(sentence, "See what waits", _operations(), is_grave=True)
    if other := worker_of_other_release():
        address = url_for("databases.list_databases")
        yield Alert(other, "Look at the processes", address, is_grave=True)


def of_schedules(_seen: Seen) -> Iterator[Alert]:
    for each in missed_schedules():
        yield Alert(each, "Look at the operations", _operations(), is_grave=True)


def of_runs(_seen: Seen) -> Iterator[Alert]:
    for run in waiting_runs():
        yield Alert(
            f"Run {run.number}, “{run.title}”, waits for {run.driver_name}.",
            GO_ON,
            url_for("runbooks.show_run", run_id=run.id),
        )


def _operations() -> str:
    return url_for("jobs.list_operations")
