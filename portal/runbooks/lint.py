"""Problems that an author should fix: those that prevent a start, and those only readers notice."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from portal.core.clock import now
from portal.documents.front_matter.positions import dead_links, links_in
from portal.documents.lint import FileProblem, unreadable
from portal.runbooks.engine.validation import unknown_names, why_not_startable
from portal.runbooks.format.facts import KEYS, Risk, line_of_key
from portal.runbooks.format.library import library
from portal.runbooks.format.parse import Runbook
from portal.runbooks.format.steps import Problem, Step

_FATES = ["done", "begun", "not-done"]

IsPage = Callable[[str], bool]
"""Whether the product has a page at this path of its own."""


def lint_folder(root: Path, is_page: IsPage | None = None) -> list[FileProblem]:
    """All problems in a folder, by file and line. Without `is_page` links to pages of the product
    are not checked."""
    books = library(root)
    found = [unreadable(error, folder="runbooks") for error in books.unreadable]
    for runbook in books.runbooks:
        name = runbook.document.name
        found += [
            FileProblem(name, p.line, p.message) for p in lint_runbook(runbook, root, is_page)
        ]
    found += _repeated(books.runbooks)
    return sorted(set(found))


def lint_runbook(runbook: Runbook, root: Path, is_page: IsPage | None = None) -> list[Problem]:
    """`root` is the folder, for links to other files."""
    found = [*why_not_startable(runbook), *_dead_links(runbook, root)]
    found += _dead_places(runbook, is_page) if is_page else []
    for step in runbook.all_steps:
        found += _never_due(step, runbook)
    if runbook.is_written_as_one:
        found += [*_front_matter(runbook), *_missing_rollback(runbook)]
    return found


def _repeated(runbooks: Iterable[Runbook]) -> Iterator[FileProblem]:
    seen: dict[str, Runbook] = {}
    for runbook in runbooks:
        own = str(runbook.document.meta.get("id") or runbook.id)
        if own in seen:
            line = line_of_key(runbook.source, "id")
            where = seen[own].document.name
            yield FileProblem(
                runbook.document.name, line, f"The id “{own}” is used in {where} too."
            )
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


def _dead_places(runbook: Runbook, is_page: IsPage) -> Iterator[Problem]:
    for line, link in links_in(runbook.document):
        if link.startswith("/") and not link.startswith("//") and not is_page(link):
            yield Problem(line, f"The link to “{link}” leads to no page of this product.")
