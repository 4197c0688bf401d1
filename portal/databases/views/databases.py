"""/ops/databases: every target, what it is, and which layers of protection hold around it."""

from flask import render_template

from portal.accounts.access import staff, the_account
from portal.core.settings import settings
from portal.databases.layers import layers_of
from portal.databases.overview import overviews
from portal.databases.views import blueprint
from portal.jobs.queries import recent_operation


@blueprint.get("/databases")
@staff
def list_databases() -> str:
    operations = [recent_operation(kind) for kind in ("databases.maintenance", "databases.sync")]
    shown = [(overview, layers_of(overview)) for overview in overviews()]
    return render_template(
        "databases/databases.html",
        shown=shown,
        operation=max(filter(None, operations), key=lambda each: each.id, default=None),
        sync_schedule=settings().sync_schedule,
        is_admin=the_account().is_admin,
    )
