"""The control room's home page, the client area, and health checks."""

from flask import Blueprint, Response, redirect, render_template, url_for
from werkzeug.wrappers import Response as AnyResponse

from portal.accounts.log_reading import can_record_reading
from portal.accounts.models import Role
from portal.accounts.permissions.access import anybody, staff, the_account
from portal.control.home.first_steps import dismiss_first_steps
from portal.control.home.page import home_for
from portal.control.states.pages import states_on_page
from portal.core.configuration.settings import settings
from portal.core.faults.alarm import alarm, failed_page
from portal.core.faults.places import ops_place, served_place
from portal.core.faults.probe import fault_now
from portal.core.forms import commit_and_redirect, require_pressed
from portal.databases.targets.readiness import why_unfit
from portal.jobs.leases.workers import worker_is_alive
from portal.jobs.operations.queries import running_operations, waiting_operations
from portal.runbooks.engine.queries import open_runs

blueprint = Blueprint("control", __name__, template_folder="templates")
blueprint.add_app_template_global(states_on_page, "exceptional_states")


@blueprint.get("/ops")
@anybody
def home() -> AnyResponse | str:
    """A client has no business here, and gets to their own area."""
    if the_account().role is Role.CLIENT:
        return redirect(url_for("incidents.show_door"), 303)
    is_recorded = can_record_reading({"page": "home"})
    found = home_for(the_account(), with_log=is_recorded)
    return render_template(
        "control/home.html",
        home=found,
        runs=open_runs(),
        running=running_operations(),
        waiting=waiting_operations(),
        worker_is_alive=worker_is_alive(),
        exceptional=found.states,
    )


@blueprint.post("/ops/first-steps/dismissal")
@staff
def create_first_steps_dismissal() -> AnyResponse:
    require_pressed()
    dismiss_first_steps(the_account())
    return commit_and_redirect(url_for(".home"), "The first steps are not shown to you any more.")


@blueprint.get("/healthz")
def health() -> Response:
    """The process responds."""
    return Response("ok\n", mimetype="text/plain")


@blueprint.get("/readyz")
def readiness() -> Response:
    """Whether this process can serve its directory; if not, 503 and why.

    The control room’s database is not needed for that: its trouble is a second line.
    """
    reason, note = why_not_ready(), trouble_of_ops()
    said = "\n".join([reason or "ok", *filter(None, [note])])
    return Response(f"{said}\n", status=503 if reason else 200, mimetype="text/plain")


def why_not_ready() -> str | None:
    """What a page would find, a new connection, the pages of a file, and whether one failed
    lately: a load balancer keeps visitors away then."""
    if reason := why_unfit():
        return reason
    config = settings()
    if fault := fault_now(served_place(config), config, writing=False):
        alarm(fault)
        return fault.sentence
    failed = failed_page()
    return f"A page failed a moment ago. {failed.sentence}" if failed else None


def trouble_of_ops() -> str | None:
    config = settings()
    if fault := fault_now(ops_place(config), config):
        alarm(fault)
        return fault.sentence
    return None
