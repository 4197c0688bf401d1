"""/ops/databases: every target, what it is, and which of its safeguards are on."""

from flask import render_template

from portal.accounts.permissions.access import staff, the_account
from portal.core.configuration.settings import settings
from portal.databases.status.overview import Overview, overviews
from portal.databases.status.safeguards import layers_of
from portal.databases.views import blueprint
from portal.directory.derived.progress import Progress, progress_of
from portal.directory.tasks import why_not_now
from portal.jobs.leases.holder import worker_is_alive
from portal.jobs.operations.queries import newest_recent


@blueprint.get("/databases")
@staff
def list_databases() -> str:
    shown = [(each, tuple(layers_of(each)), _filled(each)) for each in overviews()]
    return render_template(
        "databases/databases.html",
        shown=shown,
        operation=newest_recent(("databases.maintenance", "databases.sync")),
        sync_schedule=settings().sync_schedule,
        is_admin=the_account().is_admin,
    )


def _filled(overview: Overview) -> tuple[list[Progress], str | None]:
    """What the worker fills in this directory, and why it does not now."""
    found = progress_of(overview.target) if overview.fits else []
    if all(each.is_ready for each in found):
        return found, None
    if not worker_is_alive():
        return found, "The worker is not running."
    return found, why_not_now(overview.target)
