"""What the page of a report shows staff, through their own eyes or those of somebody else."""

from dataclasses import dataclass, replace

from portal.accounts.client_queries import organisations
from portal.accounts.models import Organisation
from portal.core.errors import NotFound
from portal.documents.audience import PUBLIC, STAFF, Audience, Reader
from portal.documents.inside import Main, main_of_a_page
from portal.documents.render import Rendered, TocEntry, render
from portal.incidents.drawing import Drawing, draw
from portal.incidents.report import Report
from portal.incidents.reports import reader_of_organisation
from portal.incidents.timeline import Moment
from portal.incidents.updates import Update

_OF_A_CLIENT = "client:"
_DEEPEST_IN_CONTENTS = 3


@dataclass(frozen=True)
class Viewer:
    """Through whose eyes: `key` for the address, `name` for people. No key: one's own."""

    key: str
    name: str
    reader: Reader


@dataclass(frozen=True)
class ReportPage:
    """All of it as the viewer sees it; with `is_hidden` the report is not there for them."""

    report: Report
    viewer: Viewer
    rendered: Rendered
    main: Main
    updates: list[Update]
    timeline: list[Moment]
    drawing: Drawing | None

    @property
    def is_hidden(self) -> bool:
        return not self.report.is_for(self.viewer.reader)

    @property
    def title_inside(self) -> str | None:
        """The heading of the first rank that the text begins with."""
        return self.main.title

    @property
    def contents(self) -> list[TocEntry]:
        """Without the title; another heading of the first rank stands with those of the second."""
        toc = self.rendered.toc
        has_title = self.main.title and toc and toc[0].level == 1
        ranked = [replace(entry, level=max(entry.level, 2)) for entry in toc[bool(has_title) :]]
        return [entry for entry in ranked if entry.level <= _DEEPEST_IN_CONTENTS]

    @property
    def has_no_zone(self) -> bool:
        """Whether times are shown whose zone nobody reported."""
        return any(moment.when and not moment.at for moment in self.timeline)


def report_page(report: Report, viewer: Viewer) -> ReportPage:
    reader = viewer.reader
    rendered = render(report.body_for(reader), audience=reader.key)
    is_for = report.is_for(reader)
    timeline = report.timeline_for(reader) if is_for else []
    return ReportPage(
        report=report,
        viewer=viewer,
        rendered=rendered,
        main=main_of_a_page(rendered.html),
        updates=report.updates_for(reader) if is_for else [],
        timeline=timeline,
        drawing=draw(timeline, report.facts.times),
    )


def viewers() -> list[Viewer]:
    """Staff themselves, the public, all clients, and each organisation."""
    found = [
        Viewer("", "staff", STAFF),
        Viewer("public", "the public", PUBLIC),
        Viewer("clients", "every client", Reader(Audience.CLIENTS)),
    ]
    return found + [_client(each) for each in organisations()]


def viewer_named(key: str) -> Viewer:
    """Raises NotFound."""
    found = next((viewer for viewer in viewers() if viewer.key == key), None)
    if found is None:
        raise NotFound("There is nobody of that name to look as.")
    return found


def _client(organisation: Organisation) -> Viewer:
    reader = reader_of_organisation(organisation)
    return Viewer(f"{_OF_A_CLIENT}{organisation.slug}", organisation.name, reader)
