"""The data of a report's page for staff, as themselves or in a preview as another reader."""

from dataclasses import dataclass, replace
from functools import cached_property

from portal.accounts.clients.queries import organisations_with_readers
from portal.accounts.models import Organisation
from portal.core.errors import NotFound
from portal.documents.audiences.audience import PUBLIC, STAFF, Audience, Reader
from portal.documents.rendering.embedding import MainText
from portal.documents.rendering.render import Rendered, TocEntry
from portal.incidents.parsing.updates import Update
from portal.incidents.report import Report
from portal.incidents.report_view import ReportView
from portal.incidents.reports import reader_of_organisation, report_named, view_for
from portal.incidents.timelines.drawing import Drawing, draw
from portal.incidents.timelines.timeline import TimelineEvent

_OF_A_CLIENT = "client:"
_DEEPEST_IN_CONTENTS = 3


@dataclass(frozen=True)
class Viewer:
    """The reader of the preview: `key` for the address, `name` for people. An empty key: staff
    themselves.
    """

    key: str
    name: str
    reader: Reader


@dataclass(frozen=True)
class ReportPage:
    """A report as the viewer sees it; `view` is None if the viewer may not read it. `file` is the
    version for staff.
    """

    file: Report
    viewer: Viewer
    view: ReportView | None

    @property
    def is_hidden(self) -> bool:
        return self.view is None

    @property
    def report(self) -> Report:
        """The text that the viewer reads, which may be an earlier one that was shared."""
        return self.view.report if self.view else self.file

    @property
    def main(self) -> MainText | None:
        return self.view.main if self.view else None

    @property
    def rendered(self) -> Rendered | None:
        return self.view.rendered if self.view else None

    @property
    def title_inside(self) -> str | None:
        """The h1 that the text begins with."""
        return self.main.title if self.main else None

    @property
    def updates(self) -> list[Update]:
        return self.view.updates if self.view else []

    @property
    def timeline(self) -> list[TimelineEvent]:
        return self.view.timeline if self.view else []

    @cached_property
    def drawing(self) -> Drawing | None:
        return draw(self.timeline, self.view.report.facts.times) if self.view else None

    @property
    def contents(self) -> list[TocEntry]:
        """Without the title; another h1 is listed with those of level 2."""
        toc = self.rendered.toc if self.rendered else []
        has_title = self.title_inside and toc and toc[0].level == 1
        ranked = [replace(entry, level=max(entry.level, 2)) for entry in toc[bool(has_title) :]]
        return [entry for entry in ranked if entry.level <= _DEEPEST_IN_CONTENTS]

    @property
    def has_no_zone(self) -> bool:
        """Whether times are shown whose zone was not reported."""
        return any(moment.when and not moment.at for moment in self.timeline)


def report_page(slug: str, viewer: Viewer) -> ReportPage:
    """Raises NotFound or Invalid as `report_named` does, also in a preview."""
    file = report_named(slug)
    try:
        return ReportPage(file, viewer, view_for(slug, viewer.reader))
    except NotFound:
        return ReportPage(file, viewer, None)


def viewers() -> list[Viewer]:
    """Staff themselves, the public, all clients, and each organisation."""
    found = [
        Viewer("", "staff", STAFF),
        Viewer("public", "the public", PUBLIC),
        Viewer("clients", "every client", Reader(Audience.CLIENTS)),
    ]
    return found + [_client(each) for each in organisations_with_readers()]


def viewer_named(key: str) -> Viewer:
    """Raises NotFound."""
    found = next((viewer for viewer in viewers() if viewer.key == key), None)
    if found is None:
        raise NotFound("There is no reader of that name to preview as.")
    return found


def _client(organisation: Organisation) -> Viewer:
    reader = reader_of_organisation(organisation)
    return Viewer(f"{_OF_A_CLIENT}{organisation.slug}", organisation.name, reader)
