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
    """Checks of the current request. Each raises NotFound if its backup, window or run does not
    exist."""
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
    """False only for a known target that is not production."""
    return not any(each.name == name and not each.is_production for each in targets())


def _target_asked_for() -> str | None:
    """The target of a run about to start: the chosen one, or the default of its runbook."""
    inputs = runbook_named(_address("runbook_id")).inputs
    proposed = next((each.default for each in inputs if each.name == "target"), None)
    return inputs_form(inputs).values.get("target", proposed)


def _of_a_run(target: str | None) -> bool:
    """A checklist without a target changes no database: none of its actions can find one, also
    where it names a site. What its buttons open asks for itself."""
    return bool(target) and may_be_production(target or "")


def _address(name: str) -> str:
    return str((request.view_args or {}).get(name, ""))


def _number(name: str) -> int:
    return int((request.view_args or {}).get(name, 0))
