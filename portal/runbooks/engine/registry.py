"""Registry of what steps may call: actions that run as jobs, and plan gates with confirmations.

Features above this package register here when they are imported; a runbook refers to them by name.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from portal.accounts.models import Account
from portal.audit.actor import Actor
from portal.core.storage.database import JsonDict

if TYPE_CHECKING:
    from portal.runbooks.models import Run


@dataclass(frozen=True)
class StepContext:
    """The run and step an action is called for, with the run's inputs and the account."""

    run_uuid: str
    step_id: str
    inputs: Mapping[str, str]
    by: Actor


def _no_arguments(_context: StepContext) -> JsonDict:
    return {}


def _input_target(context: StepContext) -> str | None:
    return context.inputs.get("target") or None


@dataclass(frozen=True)
class Result:
    """The result of an action for the run's page: a template, and the variable `plan` it reads."""

    template: str
    plan: dict[str, Any]


@dataclass(frozen=True)
class Action:
    """A job that a step may start. Its operation carries the run's uuid as its subject.

    `label` gives the button's text with the name of the affected object; `result` gives the result
    to show. `carried_out` is called when the operation failed or is lost: it returns the proof that
    the action was carried out, in one sentence; `note_carried_out` then updates the feature's
    record.
    """

    name: str
    title: str
    job: str
    arguments: Callable[[StepContext], JsonDict] = _no_arguments
    target: Callable[[StepContext], str | None] = _input_target
    label: Callable[[StepContext], str | None] | None = None
    is_dangerous: bool = False
    result: Callable[[StepContext], Result | None] | None = None
    carried_out: Callable[[StepContext], str | None] | None = None
    note_carried_out: Callable[[StepContext], None] | None = None

    def label_for(self, context: StepContext) -> str:
        return (self.label(context) if self.label else None) or self.title


@dataclass(frozen=True)
class Finding:
    """Follow-up work on a completed action: a sentence, and the button that does it."""

    sentence: str
    label: str | None = None
    endpoint: str | None = None
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Keeping:
    """The backup of the state that a run left. `is_open`: it is still to come, or being taken."""

    sentence: str
    state: str
    is_open: bool = False


@dataclass(frozen=True)
class Summary:
    """What a feature says of a run beside its steps.

    `facts`: labels and values, with a time where the value has one; `details`: hashes and names;
    `subjects`: of its entries in the audit log. Once the run has ended, `sentence` says what it
    left, and `site` is where to see that.
    """

    facts: list[tuple[str, str, datetime | None]] = field(default_factory=list)
    details: list[tuple[str, str]] = field(default_factory=list)
    subjects: list[str] = field(default_factory=list)
    sentence: str | None = None
    is_good: bool = True
    site: str | None = None
    keeping: Keeping | None = None
    concerns_clients: bool = False


@dataclass(frozen=True)
class Stage:
    """One confirmation of a plan. `refusal` says why this person can't give it now.

    `label`: of a field that takes a sentence instead of the phrase; `done_words`: what was typed.
    `login_after`: the login that counts is later than this. `asked_by`: who waits for this person;
    `is_anothers`: it is due, and others than this person may give it. `act`: of its button, if the
    title is no act.
    """

    key: str
    title: str
    prompt: str
    phrase: str
    hint: str | None = None
    label: str | None = None
    done_by: str | None = None
    done_at: datetime | None = None
    done_words: str | None = None
    login_after: datetime | None = None
    asked_by: str | None = None
    is_anothers: bool = False
    act: str | None = None
    refusal: str | None = None

    @property
    def is_done(self) -> bool:
        return self.done_at is not None


class PlanGate(Protocol):
    """Owns a plan's phrases and approvals; runs display them and pass the typed text to it."""

    template: str

    def stages(self, context: StepContext) -> list[Stage]: ...

    def check(self, context: StepContext, stage_key: str, text: str, *, by: Actor) -> None:
        """Refuse what `confirm` would refuse, but for the login; changes nothing.

        A wrong text is so refused before a password is looked at.
        """

    def who_may(self, context: StepContext, stage_key: str) -> list[Account]:
        """The accounts that may give this confirmation now."""

    def confirm(
        self,
        context: StepContext,
        stage_key: str,
        text: str,
        *,
        by: Actor,
        logged_in_at: datetime | None,
    ) -> None:
        """Raises Refused, Forbidden or FreshLoginNeeded."""

    def summary(self, context: StepContext) -> dict[str, Any]:
        """The variables of `template`, which is shown above the stages."""


@dataclass(frozen=True)
class LiveFact:
    """What is measured now about one thing. `state` is a kind of the badge component; `word` says
    it; `at` is when it was measured, `since` when it became so."""

    label: str
    state: str
    word: str
    sentence: str = ""
    at: datetime | None = None
    since: datetime | None = None


@dataclass(frozen=True)
class Place:
    """A page where work goes on, with its target filled in. Without an endpoint there is none now,
    and `why_not` says why."""

    label: str
    endpoint: str | None = None
    values: Mapping[str, str | int] = field(default_factory=dict)
    why_not: str = ""


Facts = Callable[[str], list[LiveFact]]
Places = Callable[[str], Place]
"""Both are asked for a target by its name."""

_facts: dict[str, Facts] = {}
_places: dict[str, tuple[str, Places]] = {}
_urgent: list[Callable[[], dict[str, str]]] = []
_actions: dict[str, Action] = {}
_plans: dict[str, PlanGate] = {}
_targets: list[Callable[[], list[str]]] = []
_findings: list[Callable[["Run"], list[Finding]]] = []
_summaries: list[Callable[["Run"], Summary | None]] = []
_incidents: list[Callable[[str | None], str | None]] = []


def register_action(action: Action) -> None:
    _actions[action.name] = action


def register_plan(name: str, gate: PlanGate) -> None:
    _plans[name] = gate


def register_targets(names: Callable[[], list[str]]) -> None:
    """Register the names that `choice */production` matches; `names` is called each time."""
    _targets[:] = [names]


def register_findings(of: Callable[["Run"], list[Finding]]) -> None:
    """Register a function that lists a run's follow-up work; it is called for each page."""
    _findings[:] = [of]


def findings_of(run: "Run") -> list[Finding]:
    return [finding for of in _findings for finding in of(run)]


def register_summary(of: Callable[["Run"], Summary | None]) -> None:
    """Register a function that says what a run left; it is called for each page."""
    _summaries[:] = [of]


def summary_of(run: "Run") -> Summary | None:
    return next((found for of in _summaries if (found := of(run))), None)


def register_incident(slug: Callable[[str | None], str | None]) -> None:
    """Register a function that names the incident to update after work on a target, if any."""
    _incidents[:] = [slug]


def incident_to_update(target: str | None) -> str | None:
    return next((found for slug in _incidents if (found := slug(target))), None)


def known_targets() -> list[str]:
    """The names of every database that an action can apply to."""
    return [name for names in _targets for name in names()]


def action_named(name: str) -> Action | None:
    return _actions.get(name)


def plan_named(name: str) -> PlanGate | None:
    return _plans.get(name)


def register_facts(name: str, of: Facts) -> None:
    """Register what a step's `facts:` may name; `of` is called each time the step is shown."""
    _facts[name] = of


def facts_named(name: str) -> Facts | None:
    return _facts.get(name)


def register_place(name: str, label: str, of: Places) -> None:
    """Register what a step's `buttons:` may name, and where `/ops/go/<name>` leads."""
    _places[name] = (label, of)


def place_named(name: str) -> tuple[str, Places] | None:
    """Its label, and the function that finds it."""
    return _places.get(name)


def register_urgent(of: Callable[[], dict[str, str]]) -> None:
    """Register a function that names the runbooks to begin with now, each with the sentence why."""
    _urgent[:] = [of]


def urgent_runbooks() -> dict[str, str]:
    return {name: why for of in _urgent for name, why in of().items()}
