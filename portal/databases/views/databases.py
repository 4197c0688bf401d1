"""/ops/databases: every target and its safeguards; /ops/syncs: anonymised copies of production."""

from flask import redirect, render_template, url_for
from werkzeug.wrappers import Response

from portal.accounts.permissions.access import staff, the_account
from portal.core.configuration.settings import settings
from portal.core.errors import Conflict
from portal.core.forms import require_pressed
from portal.core.storage.database import db
from portal.databases.status.overview import Overview, overviews
from portal.databases.status.safeguards import layers_of
from portal.databases.sync.results import KIND, sync_named
from portal.databases.tasks.sync import TO
from portal.databases.views import blueprint
from portal.directory.derived.progress import Progress, progress_of
from portal.directory.tasks import why_not_now
from portal.jobs.leases.holder import worker_is_alive
from portal.jobs.operations.queries import newest_recent, recent_operation
from portal.jobs.operations.service import request_operation


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


@blueprint.post("/syncs")
@staff
def create_sync() -> Response:
    """Development needs no confirmation: its data is backed up first."""
    require_pressed()
    running = recent_operation(KIND, TO)
    if running and not running.is_finished:
        raise Conflict("A sync is under way already.")
    request_operation(KIND, by=the_account(), target=TO)
    db.session.commit()
    return redirect(url_for(".list_databases"), 303)


@blueprint.get("/syncs/<name>")
@staff
def show_sync(name: str) -> str:
    return render_template("databases/sync.html", sync=sync_named(name))
