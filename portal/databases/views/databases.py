"""/ops/databases: every target and its safeguards; /ops/syncs: anonymised copies of production."""

from flask import redirect, render_template, url_for
from werkzeug.wrappers import Response

from portal.accounts.permissions.access import staff, the_account
from portal.core.configuration.settings import settings
from portal.core.errors import Conflict
from portal.core.forms import require_pressed
from portal.core.storage.database import db
from portal.databases.status.overview import overviews
from portal.databases.status.safeguards import layers_of
from portal.databases.sync.results import KIND, sync_named
from portal.databases.tasks.sync import TO
from portal.databases.views import blueprint
from portal.jobs.operations.queries import newest_recent, recent_operation
from portal.jobs.operations.service import request_operation


@blueprint.get("/databases")
@staff
def list_databases() -> str:
    shown = [(overview, tuple(layers_of(overview))) for overview in overviews()]
    return render_template(
        "databases/databases.html",
        shown=shown,
        operation=newest_recent(("databases.maintenance", "databases.sync")),
        sync_schedule=settings().sync_schedule,
        is_admin=the_account().is_admin,
    )


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
