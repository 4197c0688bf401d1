"""Which database a request is about, for the table of permissions: production, if in doubt."""

from collections.abc import Callable

from flask import request

from portal.accounts.permissions.permission import Concerns
from portal.databases.backups.catalogue.find import backup_named
from portal.databases.forms import TargetForm
from portal.databases.policies.windows import window_numbered
from portal.databases.targets.config import targets
from portal.jobs.operations.queries import operation_for
from portal.runbooks.engine.queries import run_with_id
from portal.runbooks.format.library import runbook_named
from portal.runbooks.forms import inputs_form


def is_about_production() -> dict[Concerns, Callable[[], bool]]:
    """Of the current request. Each raises NotFound where its backup, window or run is not there."""
    return {
        Concerns.ADDRESS: lambda: may_be_production(_address("target")),
        Concerns.FIELD: lambda: may_be_production(TargetForm().target.data or ""),
        Concerns.INPUT: lambda: _of_a_run(_target_asked_for()),
        Concerns.BACKUP: lambda: may_be_production(backup_named(_address("name")).target),
        Concerns.WINDOW: lambda: may_be_production(window_numbered(_number("number")).target),
        Concerns.RUN: lambda: _of_a_run(run_with_id(_number("run_id")).target),
        Concerns.OPERATION: lambda: may_be_production(
            operation_for(_number("operation_id")).target or ""
        ),
    }


def request_is_about_production(concerns: Concerns) -> bool:
    return is_about_production()[concerns]()


def may_be_production(name: str) -> bool:
    """False only for a target that is known, and known not to be production."""
    return not any(each.name == name and not each.is_production for each in targets())


def _target_asked_for() -> str | None:
    """Of a run that is about to start: what was chosen, or what its runbook proposes."""
    inputs = runbook_named(_address("runbook_id")).inputs
    proposed = next((each.default for each in inputs if each.name == "target"), None)
    return inputs_form(inputs).values.get("target", proposed)


def _of_a_run(target: str | None) -> bool:
    """A checklist without a target is about no database: no action can find one from there."""
    return bool(target) and may_be_production(target or "")


def _address(name: str) -> str:
    return str((request.view_args or {}).get(name, ""))


def _number(name: str) -> int:
    return int((request.view_args or {}).get(name, 0))
