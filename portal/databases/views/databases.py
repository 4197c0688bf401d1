"""/ops/databases: every target, what it is, and which of its safeguards are on."""

from flask import render_template

from portal.accounts.permissions.access import staff, the_account
from portal.core.configuration.settings import settings
from portal.databases.status.overview import overviews
from portal.databases.status.safeguards import layers_of
from portal.databases.views import blueprint
from portal.jobs.operations.queries import newest_recent


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
