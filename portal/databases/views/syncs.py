"""/ops/syncs: production's rows, anonymised, in development; and what a sync copied."""

from flask import redirect, render_template, url_for
from werkzeug.wrappers import Response

from portal.accounts.permissions.access import staff, the_account
from portal.core.errors import Conflict
from portal.core.forms import require_pressed
from portal.core.storage.database import db
from portal.databases.sync.results import KIND, sync_named
from portal.databases.tasks.sync import TO
from portal.databases.views import blueprint
from portal.jobs.operations.queries import recent_operation
from portal.jobs.operations.service import request_operation


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
