"""Prepares the data of a runbook's page: its text with captions for settings, and its runs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from markupsafe import Markup

from portal.documents.rendering.embedding import main_of_a_page
from portal.documents.rendering.render import render
from portal.runbooks.engine.queries import runs_of, usual_action_times
from portal.runbooks.engine.registry import urgent_runbooks
from portal.runbooks.engine.validation import why_not_startable
from portal.runbooks.format.captions import with_captions, without_settings
from portal.runbooks.format.parse import Runbook
from portal.runbooks.format.steps import Problem
from portal.runbooks.models import Run
from portal.runbooks.presentation.timing import Took, took_by_runs, usual_run_times
from portal.runbooks.prose import cut_at_first_section


@dataclass(frozen=True)
class RunbookPage:
    """`opening` is the text before the first section; `title` the h1 that it begins with, if any;
    `note` says why the text is not rendered. `why`: why it is the runbook to begin with now."""

    title: str | None
    opening: Markup
    sections: Markup
    note: str | None
    problems: list[Problem]
    runs: Sequence[Run]
    took: dict[int, Took]
    usual: timedelta | None
    why: str | None


def runbook_page(runbook: Runbook) -> RunbookPage:
    text, captions = without_settings(runbook, usual_action_times(runbook.id))
    rendered = render(text)
    if rendered.failed:
        rendered = render(runbook.document.body)
    main = main_of_a_page(rendered.html)
    opening, sections = cut_at_first_section(with_captions(main.html, captions))
    return RunbookPage(
        title=main.title,
        opening=opening,
        sections=sections,
        note=rendered.note,
        problems=why_not_startable(runbook),
        runs=(runs := runs_of(runbook.id)),
        took=took_by_runs(runs),
        usual=usual_run_times([runbook.id]).get(runbook.id),
        why=urgent_runbooks().get(runbook.id),
    )
