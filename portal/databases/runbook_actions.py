"""The actions of runbook steps on databases. Each is the same operation as elsewhere."""

from flask import has_app_context

from portal.core.storage.database import JsonDict
from portal.databases.changes.plan import plan_of_run
from portal.databases.changes.rehearsal import was_rehearsed_in_vain
from portal.databases.changes.runbook_gate import DatabasesGate
from portal.databases.changes.summary import summary_of
from portal.databases.targets.config import targets
from portal.databases.tasks import (  # noqa: F401 — registers the jobs
    after_change,
    changes,
    maintenance,
    offsite,
    schedule,
    sync,
    watch,
)
from portal.databases.tasks import targets as target_tasks  # noqa: F401 — registers its jobs
from portal.databases.tasks.after_commit import carried_out, findings_of_run, note_carried_out
from portal.databases.tasks.run_summary import summary_of_run
from portal.runbooks.engine.registry import (
    Action,
    Result,
    StepContext,
    register_action,
    register_findings,
    register_plan,
    register_summary,
    register_targets,
)


def _target(context: StepContext) -> str | None:
    return context.inputs.get("target") or None


def _development(_context: StepContext) -> str:
    return sync.TO


def _reason(context: StepContext) -> JsonDict:
    return {"reason": context.inputs.get("reason") or "Asked for by a runbook"}


def _with_maintenance(context: StepContext) -> JsonDict:
    return {"maintenance": context.inputs.get("maintenance") or "no"}


def _migrate_label(context: StepContext) -> str | None:
    plan = plan_of_run(context.run_uuid)
    return f"Migrate {plan.target} to {plan.to_revision}" if plan else None


def _rehearse_label(context: StepContext) -> str | None:
    again = was_rehearsed_in_vain(context.run_uuid)
    return "a new backup, then the rehearsal" if again else None


def _rehearsed(context: StepContext) -> Result | None:
    plan = plan_of_run(context.run_uuid)
    return Result("databases/_plan.html", summary_of(plan)) if plan else None


def _names() -> list[str]:
    """Empty if a runbook is only parsed, by a program without settings."""
    return [target.name for target in targets()] if has_app_context() else []


ACTIONS = (
    Action("databases.check", "Check the database", "databases.check", target=_target),
    Action("databases.backup", "Back up and verify", "databases.backup", _reason, _target),
    Action(
        "databases.rehearse",
        "Rehearse the change",
        "databases.rehearse",
        target=_target,
        label=_rehearse_label,
        result=_rehearsed,
    ),
    Action(
        "databases.migrate",
        "Carry out the change",
        "databases.migrate",
        _with_maintenance,
        target=_target,
        label=_migrate_label,
        is_dangerous=True,
        carried_out=lambda context: carried_out(context.run_uuid),
        note_carried_out=lambda context: note_carried_out(context.run_uuid, context.by),
    ),
    Action("databases.sync", "Sync from production", "databases.sync", target=_development),
    Action("databases.verify", "Verify the change", "databases.verify", target=_target),
)

for action in ACTIONS:
    register_action(action)
register_plan("databases", DatabasesGate())
register_targets(_names)
register_findings(findings_of_run)
register_summary(summary_of_run)
