"""Problems that an author should fix: those that prevent a start, and those only readers notice."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from portal.core.clock import now
from portal.core.errors import Invalid
from portal.documents.front_matter.positions import dead_links
from portal.runbooks.engine.validation import unknown_names, why_not_startable
from portal.runbooks.format.facts import KEYS, Risk, line_of_key
from portal.runbooks.format.library import library
from portal.runbooks.format.parse import Runbook
from portal.runbooks.format.steps import Problem, Step

_PLACE = re.compile(r"(.*?\.md), line (\d+): (.*)", re.S)
_FATES = ["done", "begun", "not-done"]


@dataclass(frozen=True)
class Finding:
    path: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}"


def lint_folder(root: Path) -> list[Finding]:
    """All problems in a folder, by file and line."""
    books = library(root)
    found = [_unreadable(error) for error in books.unreadable]
    for runbook in books.runbooks:
        name = runbook.document.name
        found += [Finding(name, p.line, p.message) for p in lint_runbook(runbook, root)]
    found += _repeated(books.runbooks)
    return sorted(set(found), key=lambda finding: (finding.path, finding.line, finding.message))


def lint_runbook(runbook: Runbook, root: Path) -> list[Problem]:
    """`root` is the folder, for links to other files."""
    found = [*why_not_startable(runbook), *_dead_links(runbook, root)]
    for step in runbook.all_steps:
        found += _never_due(step, runbook)
    if runbook.is_written_as_one:
        found += [*_front_matter(runbook), *_missing_rollback(runbook)]
    return found


def _unreadable(error: Invalid) -> Finding:
    found = _PLACE.fullmatch(error.sentence)
    if not found:
        return Finding("runbooks", 1, str(error))
    return Finding(found[1], int(found[2]), found[3])


def _repeated(runbooks: Iterable[Runbook]) -> Iterator[Finding]:
    seen: dict[str, Runbook] = {}
    for runbook in runbooks:
        own = str(runbook.document.meta.get("id") or runbook.id)
        if own in seen:
            line = line_of_key(runbook.source, "id")
            where = seen[own].document.name
            yield Finding(runbook.document.name, line, f"The id “{own}” is used in {where} too.")
        seen.setdefault(own, runbook)


def _front_matter(runbook: Runbook) -> Iterator[Problem]:
    meta, source = runbook.document.meta, runbook.source
    for key in meta:
        if key not in KEYS:
            yield Problem(line_of_key(source, key), f"The key “{key}” is not known.")
    if "id" in meta and str(meta["id"]) != runbook.id:
        message = f"The id must be the path without .md: “{runbook.id}”."
        yield Problem(line_of_key(source, "id"), message)
    day = runbook.facts.review_by
    if day and day < now().date():
        yield Problem(line_of_key(source, "review-by"), f"The review was due by {day}.")


def _missing_rollback(runbook: Runbook) -> Iterator[Problem]:
    if runbook.facts.risk is Risk.HIGH and not runbook.rollback:
        line = line_of_key(runbook.source, "risk")
        yield Problem(line, "The risk is high and there are no Rollback steps.")


def _never_due(step: Step, runbook: Runbook) -> Iterator[Problem]:
    if not step.when or unknown_names(step, runbook):
        return
    choices = {each.id: [*_FATES] for each in runbook.steps}
    ranges = {**choices, **{asked.name: asked.possible for asked in runbook.inputs}}
    asked = {each.name: each for each in runbook.inputs}
    impossible = any(
        clause.equal and clause.name in asked and not asked[clause.name].could_be(clause.value)
        for clause in step.when.clauses
    )
    if impossible or not step.when.can_hold(ranges):
        yield Problem(step.line_of("when"), f"when: “{step.when.text}” can never hold.")


def _dead_links(runbook: Runbook, root: Path) -> Iterator[Problem]:
    for line, link in dead_links(runbook.document, root):
        yield Problem(line, f"The link to “{link}” leads nowhere.")
