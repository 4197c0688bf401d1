"""Operations in the browser: a list, and each one's live output."""

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.accounts.permissions.access import guard_blueprint, the_account
from portal.core.forms import require_pressed
from portal.core.storage.database import db
from portal.jobs.leases.workers import worker_is_alive
from portal.jobs.operations.output import output_of
from portal.jobs.operations.queries import operation_for, page_of_operations
from portal.jobs.operations.service import request_stop

blueprint = Blueprint("jobs", __name__, url_prefix="/ops/operations", template_folder="templates")
guard_blueprint(blueprint)
blueprint.add_app_template_global(output_of, "operation_output")
blueprint.add_app_template_global(worker_is_alive, "worker_is_alive")


@blueprint.get("")
def list_operations() -> str:
    page = page_of_operations(request.args.get("page", 1, type=int))
    return render_template(
        "jobs/list.html",
        page=page,
        page_address=lambda number: url_for(".list_operations", page=number),
    )


@blueprint.get("/<int:operation_id>")
def show_operation(operation_id: int) -> str:
    return render_template("jobs/show.html", operation=operation_for(operation_id))


@blueprint.get("/<int:operation_id>/output")
def show_output(operation_id: int) -> Response:
    """The output after line `after`: a fragment that the page requests each second.

    The last fragment notifies the surrounding page, which may have to reload its state.
    """
    after = request.args.get("after", 0, type=int)
    output = output_of(operation_for(operation_id), after)
    answer = make_response(render_template("jobs/_output.html", output=output))
    if output.operation.is_finished:
        answer.headers["HX-Trigger"] = "operation-ended"
    return answer


@blueprint.post("/<int:operation_id>/stop")
def create_stop(operation_id: int) -> Response:
    require_pressed()
    request_stop(operation_for(operation_id), by=the_account())
    db.session.commit()
    flash("The operation was asked to stop.", "info")
    return redirect(url_for(".show_operation", operation_id=operation_id))
