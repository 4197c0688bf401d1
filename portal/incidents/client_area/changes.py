"""What is new in a report since a reader's last visit, said in words.

The text that was read then is compared with the present one, both as this reader may see them. If
it was not kept, the times of the updates are all that can be compared.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from markupsafe import Markup
from sqlalchemy import bindparam, literal, select, union_all

from portal.core.errors import Invalid, NotFound
from portal.core.storage.database import db
from portal.documents.document import parse_document
from portal.documents.models import DocumentKind, DocumentVersion
from portal.incidents.client_area.visits import Visit
from portal.incidents.models import ReportShare
from portal.incidents.presentation.plain_words import facts_of
from portal.incidents.report import parse_report
from portal.incidents.report_view import ReportView
from portal.incidents.timelines.timeline import TimelineEvent

_DEEPEST = 3
_OUTSIDE_OF_WORDS = re.compile(r"\W+")


@dataclass(frozen=True)
class Change:
    """`anchor` is the place on the page, if it has one."""

    text: str
    anchor: str | None = None


@dataclass(frozen=True)
class Changes:
    """`new` are the keys of events that came since."""

    since: datetime
    items: list[Change] = field(default_factory=list)
    new: frozenset[tuple[datetime | None, str]] = frozenset()


def changes_in(view: ReportView, visit: Visit | None) -> Changes | None:
    """None on a first visit."""
    if visit is None:
        return None
    if visit.sha256 == view.report.sha256:
        return Changes(visit.at)
    before = _view_before(view, visit.sha256)
    events = [each for each in view.timeline if not each.written]
    known = {_key(each) for each in before.timeline} if before else None
    new = [each for each in events if _is_new(each, known, visit)]
    items = [*_changed(view, before), *(Change(f"New: {each.text}", "how-it-went") for each in new)]
    return Changes(visit.at, items, frozenset(map(_key, new)))


def _changed(view: ReportView, before: ReportView | None) -> Iterator[Change]:
    if before is None:
        yield Change("The text has changed.")
        return
    yield from _facts(view, before)
    found = list(_sections(view, before))
    yield from found
    if not found and _words(view.rendered.html) != _words(before.rendered.html):
        yield Change("Parts of the text were taken out.")


def _facts(view: ReportView, before: ReportView) -> Iterator[Change]:
    was = dict(facts_of(before.report))
    for name, words in facts_of(view.report):
        if was.get(name) != words:
            yield Change(f"{name}: {words}" + (f" (it was {was[name]})" if name in was else ""))


def _sections(view: ReportView, before: ReportView) -> Iterator[Change]:
    known = list(_split(before))
    bodies = {(name, words) for name, _, words in known}
    names = {name for name, _, _ in known}
    for name, anchor, words in _split(view):
        if (name, words) not in bodies:
            said = "Changed" if name in names else "New"
            yield Change(f"{said}: {name}", anchor)


def _split(view: ReportView) -> Iterator[tuple[str, str | None, str]]:
    """Name, anchor and words of each section; the title belongs to the beginning."""
    html, toc = str(view.rendered.html), view.rendered.toc
    places: list[tuple[str, str | None, int]] = [("The beginning", None, 0)]
    for entry in toc[1:] if view.main.title else toc:
        at = html.find(f'id="{entry.id}"')
        if entry.level <= _DEEPEST and at > places[-1][2]:
            places.append((entry.text or "Untitled", entry.id, html.rfind("<", 0, at)))
    ends = [*(begin for _, _, begin in places[1:]), len(html)]
    for (name, anchor, begin), end in zip(places, ends, strict=True):
        yield name, anchor, _words(html[begin:end])


def _words(html: str) -> str:
    text = Markup(html).striptags()  # noqa: S704 (nothing is shown of it)
    return _OUTSIDE_OF_WORDS.sub(" ", text).strip()


def _is_new(
    event: TimelineEvent, known: set[tuple[datetime | None, str]] | None, visit: Visit
) -> bool:
    if known is not None:
        return _key(event) not in known
    return event.at is not None and event.at > visit.at


def _key(event: TimelineEvent) -> tuple[datetime | None, str]:
    return event.at, event.text


def _view_before(view: ReportView, sha256: str) -> ReportView | None:
    """The text with this hash for the same reader. None if it is not kept, can't be read, or is not
    for them by the present rules."""
    slug = view.report.slug
    asked = {"slug": slug, "sha256": sha256}
    rows = db.session.execute(_KEPT, asked, bind_arguments={"mapper": ReportShare}).all()
    if not rows:
        return None
    try:
        document = parse_document(rows[0][0], slug)
        return ReportView(parse_report(document, as_shared=True), view.reader)
    except (Invalid, NotFound):
        return None


_KEPT = union_all(
    select(ReportShare.source, literal(1)).where(
        ReportShare.slug == bindparam("slug"), ReportShare.sha256 == bindparam("sha256")
    ),
    select(DocumentVersion.source, literal(2)).where(
        DocumentVersion.kind == DocumentKind.REPORT,
        DocumentVersion.slug == bindparam("slug"),
        DocumentVersion.sha256 == bindparam("sha256"),
    ),
).limit(1)
