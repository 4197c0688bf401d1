"""The control room's home page, the client area, and health checks."""

from flask import Blueprint, Response, render_template

from portal.accounts.log_reading import record_reading
from portal.accounts.permissions.access import staff
from portal.audit.reading.queries import newest_in_brief
from portal.control.home import alerts, directory_statuses
from portal.databases.targets.readiness import why_unfit
from portal.jobs.leases.holder import worker_is_alive
from portal.jobs.operations.queries import running_operations, waiting_operations
from portal.runbooks.engine.queries import open_runs

LATELY = 8

blueprint = Blueprint("control", __name__, template_folder="templates")


@blueprint.get("/ops")
@staff
def home() -> str:
    record_reading({"page": "home"})
    seen = directory_statuses()
    return render_template(
        "control/home.html",
        directories=seen,
        alerts=alerts(seen),
        runs=open_runs(),
        running=running_operations(),
        waiting=waiting_operations(),
        worker_is_alive=worker_is_alive(),
        lately=newest_in_brief(LATELY),
    )


@blueprint.get("/healthz")
def health() -> Response:
    """The process responds."""
    return Response("ok\n", mimetype="text/plain")


@blueprint.get("/readyz")
def readiness() -> Response:
    """Whether this process can serve its directory; if not, 503 and why."""
    reason = why_unfit()
    return Response(f"{reason or 'ok'}\n", status=503 if reason else 200, mimetype="text/plain")
