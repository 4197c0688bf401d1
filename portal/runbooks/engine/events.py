"""Events of a run, written to the run and to the audit log in one transaction."""

from hashlib import sha256

from portal.audit.actor import Actor
from portal.audit.service import Outcome, record
from portal.core.errors import Conflict, Forbidden, Refusal
from portal.core.storage.database import db
from portal.runbooks.models import Run, RunEvent, RunStep


def record_event(
    run: Run,
    action: str,
    *,
    by: Actor,
    row: RunStep | None = None,
    text: str = "",
    outcome: Outcome = Outcome.DONE,
) -> None:
    """Record an event. The run keeps `text`, the log keeps its hash. The caller commits."""
    step_id = row.step_id if row else None
    db.session.add(
        RunEvent(run=run, who=by.name, who_id=by.id, action=action, step_id=step_id, text=text)
    )
    db.session.flush()
    record(
        action,
        f"runs/{run.id}",
        by=by,
        outcome=outcome,
        target=run.target,
        details=_details(run, step_id) | ({"text_sha256": _digest(text)} if text else {}),
    )


def conflict(
    run: Run, action: str, sentence: str, *, step_id: str | None = None, **more: str | None
) -> Conflict:
    """A refusal that the audit log records as an attempt at `action`; `more` is for the error."""
    return Conflict(sentence, refusal=_refusal(run, action, step_id), **more)


def forbidden(run: Run, action: str, sentence: str) -> Forbidden:
    return Forbidden(sentence, refusal=_refusal(run, action, None))


def _refusal(run: Run, action: str, step_id: str | None) -> Refusal:
    return Refusal(action, target=run.target, details={**_details(run, step_id)})


def _details(run: Run, step_id: str | None) -> dict[str, str | int | None]:
    return {"run": run.id, "runbook": run.runbook_id, "runbook_sha256": run.sha256, "step": step_id}


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()
