"""`flask jobs`: the worker, and the child process of one operation."""

import click
from flask import current_app
from flask.cli import ScriptInfo, pass_script_info

from portal.audit.refusals import CommandGroup
from portal.core.configuration.settings import OPS, settings
from portal.core.errors import Conflict
from portal.core.faults.unexpected import finish_noting
from portal.core.files.users import require_worker_user
from portal.core.logs.labels import name_only_operation
from portal.core.logs.setup import set_up_logs
from portal.core.storage.database import db
from portal.databases.migrations.ops_revision import require_ops_set_up
from portal.databases.targets.registry import require_given_key
from portal.jobs.operations.queries import operation_for
from portal.jobs.operations.service import perform
from portal.jobs.processes import die_with_parent, parent_is

commands = CommandGroup("jobs", help="The worker that carries out operations.")


@commands.command("work")
@pass_script_info
def work(info: ScriptInfo) -> None:
    """Carry out operations until this is ended with Ctrl-C."""
    from portal.databases.sessions.limits import log_limits  # noqa: PLC0415 — as below
    from portal.jobs.worker import loop as worker  # noqa: PLC0415 — no other process consumes queues

    require_worker_user(settings())
    set_up_logs("worker", settings().log_format)
    require_given_key(settings())
    require_ops_set_up()
    log_limits({OPS: db.engines[OPS]})
    app = ["--app", info.app_import_path] if info.app_import_path else []
    command = ["flask", *app, "jobs", "execute"]
    application = current_app._get_current_object()  # type: ignore[attr-defined]
    worker.work(command, application.app_context, warm_module="portal.warm")


@commands.command("execute", hidden=True)
@click.argument("operation_id", type=int)
@click.option("--worker", type=int, required=True, help="The process that must outlive this one.")
def execute(operation_id: int, worker: int) -> None:
    """Carry out one operation (the worker calls this)."""
    execute_for(worker, operation_id)


def execute_for(worker: int, operation_id: int) -> None:
    """Run an operation for a worker, and die with it.

    Raises Conflict if the worker died before `die_with_parent` took effect.
    """
    die_with_parent()
    if not parent_is(worker):
        raise Conflict("The worker that started this is gone.")
    set_up_logs("operation", settings().log_format)
    operation = operation_for(operation_id)
    name_only_operation(operation_id, operation.target)
    try:
        perform(operation, worker=worker)
    finally:
        finish_noting()
