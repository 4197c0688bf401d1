"""What the settings of a step, and a runbook's inputs, say to people: a caption, never code."""

from collections.abc import Iterator, Mapping
from datetime import timedelta

from markupsafe import Markup, escape

from portal.core.durations import duration
from portal.documents.markdown.blocks.blocks import split_lines
from portal.runbooks.engine.registry import action_named
from portal.runbooks.format.conditions import Clause
from portal.runbooks.format.inputs import Input, InputKind
from portal.runbooks.format.parse import Runbook
from portal.runbooks.format.steps import Step

FATES = {"done": "was done", "begun": "was begun", "not-done": "was not done"}


def caption_of(step: Step, runbook: Runbook, usual: timedelta | None = None) -> list[str]:
    """Short facts on one step. `usual`: how long its action takes, by earlier runs."""
    return list(_facts_of(step, runbook, usual))


def _facts_of(step: Step, runbook: Runbook, usual: timedelta | None) -> Iterator[str]:
    if step.when:
        yield f"Only if {' and '.join(_clause(each, runbook) for each in step.when.clauses)}"
    yield from _asked(step)
    if step.action:
        action = action_named(step.action)
        yield f"Automatic: {action.title if action else step.action}"
    if usual or step.timer:
        yield f"usually {duration(usual)}" if usual else f"expected to take {duration(step.timer)}"
    if step.on_fail == "rollback" and runbook.rollback:
        yield "If it fails: the Rollback steps"


def _asked(step: Step) -> Iterator[str]:
    if step.plan:
        yield "Asks for the confirmations of the change"
    if step.confirm:
        yield f"Asks you to type {step.confirm}"
    if step.approve:
        yield f"Asks for the approval of {step.approve}"
    if step.evidence:
        yield f"Asks for: {step.evidence.label}"


def _clause(clause: Clause, runbook: Runbook) -> str:
    if step := next((each for each in runbook.steps if each.id == clause.name), None):
        fate = FATES.get(clause.value, f"is “{clause.value}”")
        return f"“{step.title}” {fate}" if clause.equal else f"not “{step.title}” {fate}"
    asked = next((each for each in runbook.inputs if each.name == clause.name), None)
    label = asked.label if asked else clause.name
    return f"“{label}” is {'' if clause.equal else 'not '}{clause.value}"


def _input_in_words(asked: Input) -> str:
    more = [] if asked.required or asked.kind is InputKind.FLAG else ["optional"]
    more += [f"{asked.default} unless you choose"] if asked.default else []
    return f"{asked.label} ({', '.join(more)})" if more else asked.label


def without_settings(
    runbook: Runbook, usual: Mapping[str, timedelta]
) -> tuple[str, dict[str, Markup]]:
    """The text with a paragraph of one word in the place of each fence of settings, and the HTML
    for each of those words."""
    lines, first = split_lines(runbook.document.body), runbook.document.body_line
    captions: dict[str, Markup] = {}
    for (begin, end), facts in _fences(runbook, usual):
        token = f"caption{runbook.sha256[:24]}x{len(captions)}x"
        captions[token] = _html(facts)
        lines[begin - first : end - first + 1] = ["", token, *[""] * (end - begin - 1)]
    return "\n".join(lines), captions


def with_captions(html: Markup, captions: Mapping[str, Markup]) -> Markup:
    """The rendered text with the captions in their places."""
    for token, caption in captions.items():
        html = html.replace(Markup(f"<p>{token}</p>"), caption)  # noqa: S704 (a word of our own)
    return html


def _fences(
    runbook: Runbook, usual: Mapping[str, timedelta]
) -> Iterator[tuple[tuple[int, int], list[str]]]:
    """Each fence that is read, by its first and last line, with what it says."""
    for number, fence in enumerate(runbook.input_fences):
        words = [_input_in_words(each) for each in runbook.inputs] if number == 0 else []
        yield fence, [f"Asked before it starts: {'; '.join(words)}"] if words else []
    for step in runbook.all_steps:
        if step.fence:
            shows = ["Shows what is measured now"] if step.facts else []
            yield step.fence, caption_of(step, runbook, usual.get(step.id)) + shows


def _html(facts: list[str]) -> Markup:
    if not facts:
        return Markup("")
    return Markup('<p class="caption">{}</p>').format(escape(" · ".join(facts)))
