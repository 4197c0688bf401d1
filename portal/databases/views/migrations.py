"""/ops/migrations: what is pending for each target, and how to carry it out."""

from flask import redirect, render_template, url_for
from werkzeug.wrappers import Response

from portal.accounts.permissions.access import staff, the_account
from portal.core.errors import Conflict
from portal.core.forms import require_pressed
from portal.core.storage.database import db
from portal.databases.changes.queries import RUNBOOK, open_run, target_changes
from portal.databases.changes.tickets import ticket_numbered
from portal.databases.forms import ChangeForm
from portal.databases.targets.config import target_named
from portal.databases.views import blueprint
from portal.jobs.operations.queries import recent_operation
from portal.jobs.operations.service import request_operation
from portal.runbooks.engine.runs import start_run


@blueprint.get("/migrations")
@staff
def list_migrations() -> str:
    return render_template(
        "databases/migrations.html", changes=target_changes(), is_admin=the_account().is_admin
    )


@blueprint.post("/migrations/<path:target>/runs")
@staff
def create_change(target: str) -> Response:
    """Changes no database: starts the run of the runbook, or continues the open one."""
    chosen, form = target_named(target), ChangeForm()
    form.require()
    run = open_run(chosen.name)
    if run is None:
        inputs = {
            "target": chosen.name,
            "reason": form.reason.data or "",
            "maintenance": "yes" if form.maintenance.data else "no",
        }
        run = start_run(RUNBOOK, inputs=inputs, by=the_account())
        db.session.commit()
    return redirect(url_for("runbooks.show_run", run_id=run.id, _anchor="due"))


@blueprint.post("/migrations/changes/<number>/verification")
@staff
def create_verification(number: str) -> Response:
    """Verify again a change that was committed and could not be verified."""
    require_pressed()
    ticket = ticket_numbered(number)
    if ticket.used_at is None:
        raise Conflict(f"Change {number} was not carried out, so there is nothing to verify.")
    operation = request_operation(
        "databases.verify",
        by=the_account(),
        target=ticket.plan.target,
        arguments={"ticket": ticket.number},
        subject=ticket.run,
    )
    db.session.commit()
    return redirect(url_for("jobs.show_operation", operation_id=operation.id), 303)


@blueprint.post("/migrations/<path:target>/operations")
@staff
def create_migration(target: str) -> Response:
    """Development only: production is changed by a run."""
    require_pressed()
    chosen = target_named(target)
    if chosen.is_production:
        raise Conflict(
            f"{chosen.name.capitalize()} is changed by its runbook.", remedy="Start the change."
        )
    running = recent_operation("databases.migrate", chosen.name)
    if running and not running.is_finished:
        raise Conflict(f"A change of {chosen.name} is under way already.")
    request_operation("databases.migrate", by=the_account(), target=chosen.name)
    db.session.commit()
    return redirect(url_for(".list_migrations"))
