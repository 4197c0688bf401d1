"""Permissions of runs; see `table`."""

from portal.accounts.models import STAFF
from portal.accounts.permissions.permission import Concerns, Fresh, Permission, production

ALWAYS, NEVER = Fresh.ALWAYS, Fresh.NEVER

RUNS = {
    "runbooks.create_run": production(
        "start a run of a runbook", STAFF, "run.started", Concerns.INPUT
    ),
    "runbooks.update_record": Permission(
        "save ticks, a note or evidence", STAFF, NEVER, "step.noted"
    ),
    "runbooks.create_completion": production(
        "complete a step", STAFF, "step.completed", Concerns.RUN, in_view=True
    ),
    "runbooks.create_confirmation": production(
        "confirm a step with its phrase", STAFF, "step.confirmed", Concerns.RUN, in_view=True
    ),
    "runbooks.create_stage_confirmation": production(
        "confirm a plan with its phrase", STAFF, "stage.confirmed", Concerns.RUN, in_view=True
    ),
    # It changes nothing; the one who is asked has to log in.
    "runbooks.create_approval_request": Permission(
        "ask those who may approve by email", STAFF, NEVER, "approval.requested"
    ),
    "runbooks.download_record": Permission(
        "download the record of a run", STAFF, ALWAYS, "export.downloaded", is_export=True
    ),
    "runbooks.create_operation": production(
        "run the action of a step", STAFF, "action.requested", Concerns.RUN, in_view=True
    ),
    "runbooks.update_driver": production("take over a run", STAFF, "run.taken-over", Concerns.RUN),
    "runbooks.create_abort": production("abort a run", STAFF, "run.aborted", Concerns.RUN),
}
