"""What to do about what visitors get: at most three first steps."""

from dataclasses import dataclass
from typing import Any

from flask import url_for

from portal.control.home.directories import DirectoryStatus
from portal.control.home.visitors import VisitorsGet
from portal.core.errors import Invalid, NotFound
from portal.databases.changes.queries import open_run
from portal.databases.status.state import restore_step
from portal.incidents.live.models import LiveIncident
from portal.monitoring.outages.queries import OutageShown, incident_about
from portal.runbooks.engine.queries import open_runs
from portal.runbooks.format.library import runbook_named

RUNBOOK = "site-is-down"


@dataclass(frozen=True)
class Step:
    label: str
    address: str
    icon: str


def steps_for(
    site: VisitorsGet,
    directory: DirectoryStatus,
    outages: list[OutageShown],
    going_on: list[LiveIncident],
) -> list[Step]:
    """The first is the one to begin with. None while nothing has to be done."""
    if site.is_fine:
        return []
    update = update_step(site.target.name, outages, going_on)
    found = [_repair(directory), _runbook(), update]
    return [each for each in found if each]


def _repair(directory: DirectoryStatus) -> Step | None:
    """Restore what is lost, or review the change."""
    overview, target = directory.overview, directory.target
    if restore := restore_step(overview):
        values: dict[str, Any] = {**restore.values}
        return Step(f"{restore.words}…", url_for(restore.endpoint, **values), "rotate-ccw")
    if not overview.fits:
        address = url_for("databases.list_databases", database=target.name)
        return Step("Look at the database", address, "database")
    if run := open_run(target.name):
        address = url_for("runbooks.show_run", run_id=run.id)
        return Step(f"Go on with the change: run {run.number}", address, "file-diff")
    if overview.pending:
        address = url_for("databases.list_migrations", _anchor=target.name)
        return Step("Review the change", address, "file-diff")
    return None


def _runbook() -> Step | None:
    run = next((each for each in open_runs() if each.runbook_id == RUNBOOK), None)
    if run:
        address = url_for("runbooks.show_run", run_id=run.id)
        return Step(f"Runbook: go on with run {run.number}", address, "book-open")
    try:
        title = runbook_named(RUNBOOK).title
    except (NotFound, Invalid):
        return None
    address = url_for("runbooks.show_runbook", runbook_id=RUNBOOK)
    return Step(f"Runbook: {title}", address, "book-open")


def update_step(target: str, outages: list[OutageShown], going_on: list[LiveIncident]) -> Step:
    current = incident_about(target, outages, going_on)
    if current is None:
        return Step("Send an update to clients", url_for("incidents.new_live"), "mail")
    address = url_for("incidents.show_live", slug=current.slug, _anchor="composer")
    return Step("Send an update to clients", address, "mail")
