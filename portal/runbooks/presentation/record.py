"""A run's record as one Markdown file, to be attached to a report or kept: what was done by whom
and when, the results, and the entries of the audit log with their hashes.

Every text is written so that it is shown as it was typed, and never as Markdown or HTML.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from sqlalchemy import or_, select

from portal.audit.actor import Actor
from portal.audit.models import AuditEntry
from portal.core.clock import now
from portal.core.logs.records import without_keys
from portal.core.storage.database import db
from portal.jobs.models import Operation
from portal.runbooks.engine.progression import runbook_of
from portal.runbooks.engine.registry import Summary, summary_of
from portal.runbooks.format.parse import Runbook
from portal.runbooks.format.steps import Part
from portal.runbooks.models import Run, RunStep
from portal.runbooks.presentation.timing import (
    has_actions,
    operations_of,
    took_by_run,
    took_by_step,
)

AROUND = timedelta(minutes=1)
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|#~&])")
_PASSWORD = re.compile(r"(://[^\s/:@]*:)[^\s@]+@")
HOW_TO_CHECK = (
    "Each line is an entry as it was written. Its hash is SHA-256 over a zero byte and the line;"
    " the chain is SHA-256 over the byte 2, the chain before it and the hash. `flask audit verify`"
    " checks the whole log."
)


def record_name(run: Run) -> str:
    """`run-12-migrate-production.md`."""
    words = re.sub(r"[^a-z0-9]+", "-", run.runbook_id.lower()).strip("-")
    return f"run-{run.number}-{words[:60]}.md"


def record_of(run: Run, *, by: Actor) -> str:
    """The whole record, in the times of UTC."""
    operations, summary = operations_of(run), summary_of(run)
    lines = [
        f"# Record of run {run.number}: {_inline(run.title)}",
        "",
        *_facts(run, operations, by),
        *_results(summary),
        *_steps(run, operations),
        *_events(run),
        *_entries(run, operations, summary),
    ]
    return "\n".join(lines) + "\n"


def _facts(run: Run, operations: Sequence[Operation], by: Actor) -> Iterator[str]:
    runbook = runbook_of(run)
    took = took_by_run(run, operations, is_by_hand=not has_actions(runbook)).sentence
    state = "rolling back" if run.is_rolling_back else run.state.value
    asked = {each.name: each.label for each in runbook.inputs}
    yield f"- State: {state}"
    if run.aborted_at:
        yield f"- Aborted: {_utc(run.aborted_at)}, {_inline(run.abort_reason or '')}"
    yield f"- Started: {_utc(run.started_at)} by {_inline(run.started_by)}"
    yield f"- Ended: {_utc(run.finished_at)}" if run.finished_at else "- Ended: not yet"
    yield f"- {'Took' if run.finished_at else 'So far'}: {took}"
    yield f"- Driver: {_inline(run.driver_name)}"
    for name, value in run.inputs.items():
        yield f"- {_inline(asked.get(name, name))}: {_inline(value) or '–'}"
    yield f"- Runbook: {_inline(run.runbook_id)}, SHA-256 `{run.sha256}`"
    yield f"- Downloaded: {_utc(now())} by {_inline(by.name)}"


def _results(summary: Summary | None) -> Iterator[str]:
    if summary is None or not (summary.sentence or summary.details):
        return
    yield from ("", "## Result", "")
    if summary.sentence:
        yield from (_inline(summary.sentence), "")
    for label, value in summary.details:
        yield f"- {label}: {_inline(value)}"
    if summary.keeping:
        yield f"- Backup of the new state: {_inline(summary.keeping.sentence)}"


def _steps(run: Run, operations: Sequence[Operation]) -> Iterator[str]:
    runbook = runbook_of(run)
    by_id = {each.id: each for each in operations}
    rows = [row for row in run.rows if row.part is Part.STEPS or run.aborted_at]
    yield from ("", "## Steps")
    for number, row in enumerate(sorted(rows, key=lambda each: each.position), 1):
        yield from ("", f"### {number} {_inline(row.title)}", "")
        yield from _step(row, runbook, operations, by_id.get(row.operation_id or 0))


def _step(
    row: RunStep, runbook: Runbook, operations: Sequence[Operation], operation: Operation | None
) -> Iterator[str]:
    step = runbook.step(row.step_id)
    took = took_by_step(row, operations, is_consent=bool(step.plan and not step.action))
    yield f"- State: {row.state.value}"
    if row.completed_at:
        yield f"- Completed: {_utc(row.completed_at)} by {_inline(row.completed_by or '')}"
    if took:
        yield f"- Took: {took.sentence}"
    if row.skipped_because:
        yield f"- Skipped: {_inline(row.skipped_because)}"
    if operation:
        outcome = _inline(operation.outcome or "")
        yield f"- {_inline(operation.title)}: {operation.state.value}. {outcome}".rstrip()
    if row.confirmed_at:
        who = _inline(row.confirmed_by or "")
        yield f"- Phrase: accepted, typed by {who} {_utc(row.confirmed_at)}"
    for number, task in enumerate(step.ticks):
        yield _tick(task, row.ticks.get(str(number)))
    for label, text in (("Evidence", row.evidence), ("Note", row.note)):
        if text:
            yield from (f"- {label}:", "", *_quoted(text))


def _tick(task: str, ticked: dict[str, str] | None) -> str:
    if ticked is None:
        return f"- [ ] {_inline(task)}"
    return f"- [x] {_inline(task)} ({_inline(str(ticked.get('by', '')))}, {ticked.get('at', '')})"


def _events(run: Run) -> Iterator[str]:
    yield from ("", "## Events", "", "| When (UTC) | Who | What | Step | Text |")
    yield "|---|---|---|---|---|"
    for event in run.events:
        cells = (_utc(event.at), event.who, event.action, event.step_id or "", event.text)
        yield f"| {' | '.join([cells[0], *map(_inline, cells[1:])])} |"


def _entries(run: Run, operations: Iterable[Operation], summary: Summary | None) -> Iterator[str]:
    until = (run.finished_at or now()) + AROUND
    begun = run.started_at - AROUND
    yield from ("", "## Entries of the audit log", "", HOW_TO_CHECK, "")
    yield f"Those that name this run, from {_utc(begun)} to {_utc(until)}."
    query = (
        select(AuditEntry)
        .where(AuditEntry.at >= begun, AuditEntry.at <= until)
        .where(or_(*map(AuditEntry.canonical.contains, _named(run, operations, summary))))
        .order_by(AuditEntry.seq)
    )
    for entry in db.session.scalars(query):
        yield from ("", f"Entry {entry.seq}, hash `{entry.leaf}`, chain `{entry.chain}`", "")
        yield from _fenced(entry.canonical)


def _named(run: Run, operations: Iterable[Operation], summary: Summary | None) -> Iterator[str]:
    """What the canonical text of an entry of this run has in it."""
    yield f'"subject":"runs/{run.id}"'
    yield f'"run":{run.id},'
    for each in operations:
        yield f'"subject":"operations/{each.id}"'
    for subject in summary.subjects if summary else []:
        yield f'"subject":"{subject}"'


def _utc(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"


def _quiet(text: str) -> str:
    """Without passwords and keys in addresses."""
    return _PASSWORD.sub(r"\1…@", without_keys(text))


def _inline(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", " ".join(_quiet(text).split()))


def _quoted(text: str) -> list[str]:
    return _fenced(_quiet(text))


def _fenced(text: str) -> list[str]:
    """In a fence that is longer than any in the text."""
    longest = max((len(each) for each in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return [f"{fence}text", *text.splitlines(), fence]
