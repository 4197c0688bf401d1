"""What a step shows as it is now: measured facts, and buttons with their target filled in."""

import logging
from dataclasses import dataclass

from portal.runbooks.engine.registry import LiveFact, Place, facts_named, place_named
from portal.runbooks.format.parse import Runbook
from portal.runbooks.format.steps import Step
from portal.runbooks.models import Run

USUAL = "production"
NOT_MEASURED = "It could not be measured now."

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Live:
    facts: list[LiveFact]
    buttons: list[Place]


def database_of(run: Run, runbook: Runbook) -> str | None:
    """What its page is about: None where a run names no database, and no step shows one."""
    shows = any(step.facts or step.buttons for step in runbook.all_steps)
    return run.about or (USUAL if shows else None)


def live_of(step: Step, run: Run) -> Live:
    """Of the database that the run is about, else of production."""
    target = run.about or USUAL
    facts = [each for name in step.facts for each in _facts(name, target)]
    return Live(facts, [place(name, target) for name in step.buttons])


def _facts(name: str, target: str) -> list[LiveFact]:
    """Unknown where nothing measures it, or where measuring fails: one never ends a page."""
    of = facts_named(name)
    try:
        found = of(target) if of else []
    except Exception:
        log.exception("The facts “%s” could not be measured", name)
        found = []
    return found or [LiveFact(f"{name} · {target}", "unknown", "unknown", NOT_MEASURED)]


def place(name: str, target: str) -> Place:
    """Where a button leads. Without a place it says why."""
    known = place_named(name)
    if known is None:
        return Place(name, why_not=f"There is no button called “{name}”.")
    label, of = known
    try:
        return of(target)
    except Exception:
        log.exception("The place “%s” could not be found", name)
        return Place(label, why_not="It can’t be found out now where this leads.")
