"""A report as one reader sees it: the only access to its text, updates, timeline and PDF.

A view is created once per request and passed on; it caches what is derived from the text. It can't
be created for a reader who may not read the report.
"""

from dataclasses import dataclass
from functools import cached_property

from portal.core.errors import NotFound
from portal.documents.audiences.audience import Reader, for_reader
from portal.documents.audiences.blocks import blocks_in
from portal.documents.rendering.embedding import MainText, below_a_title
from portal.documents.rendering.render import Rendered, render
from portal.incidents.parsing.cstate import without_shortcodes
from portal.incidents.parsing.facts import TIMES
from portal.incidents.parsing.updates import Update
from portal.incidents.report import Report
from portal.incidents.timelines.timeline import TimelineEvent, in_order


@dataclass(frozen=True)
class Hidden:
    """A part that most of the readers do not see: a block of the text, or an update."""

    where: str
    who: str


@dataclass(frozen=True)
class ReportView:
    """Raises NotFound for readers who may not read it, with the sentence for a missing report."""

    report: Report
    reader: Reader

    def __post_init__(self) -> None:
        if not self.report.is_for(self.reader):
            raise NotFound("There is no such report.")

    @cached_property
    def body(self) -> str:
        """The Markdown without blocks for other readers."""
        body = for_reader(self.report.document.body, self.reader)
        return without_shortcodes(body) if self.report.is_cstate else body

    @cached_property
    def rendered(self) -> Rendered:
        return render(self.body, audience=self.reader.key)

    @cached_property
    def main(self) -> MainText:
        """The text below the title of its page."""
        return below_a_title(self.rendered.html)

    @cached_property
    def updates(self) -> list[Update]:
        return [each for each in self.report.facts.updates if each.is_for(self.reader)]

    @cached_property
    def timeline(self) -> list[TimelineEvent]:
        """The events in the text and the updates; without any, the times in the facts."""
        body = for_reader(self.report.document.body, self.reader)
        rows = self.report.told_in(body).rows
        updates = [TimelineEvent("", each.text, each.at, "update") for each in self.updates]
        return in_order([*(row.moment for row in rows), *updates] or self._milestones())

    @cached_property
    def search_text(self) -> str:
        """Title, facts and text, case-folded for searching."""
        report = self.report
        facts = f"{report.slug} {report.title} {report.summary} {' '.join(report.affected)}"
        return f"{facts} {self.body}".casefold()

    def _milestones(self) -> list[TimelineEvent]:
        times = self.report.facts.times
        return [
            TimelineEvent("", name.capitalize(), times[name], "fact")
            for name in TIMES
            if name in times
        ]


def hidden_parts(report: Report) -> list[Hidden]:
    """The places of hidden parts and their readers, without the content."""
    document, common = report.document, report.common_reader
    found = []
    for block in blocks_in(document.body):
        first = document.body_line + block.line
        last = "the end" if block.end is None else f"{document.body_line + block.end}"
        found.append(Hidden(f"Lines {first} to {last}", block.words))
    for update in report.facts.updates:
        if not update.is_for(common):
            who = f"For {update.client} and staff only." if update.client else "For staff only."
            found.append(Hidden(f"The update of {update.at:%Y-%m-%d %H:%M}", who))
    return found
