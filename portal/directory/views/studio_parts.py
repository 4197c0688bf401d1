"""What the pages of a person's studio show: the sections, the form, what became of a save."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask import url_for

from portal.core.clock import now
from portal.core.zones import offered_zones
from portal.directory.folding import one_line
from portal.directory.forms.studio import SectionForm
from portal.directory.owners.fields import Value
from portal.directory.owners.input.place import is_far, place_of, where_is
from portal.directory.owners.input.zones import zone_at
from portal.directory.owners.own import Own
from portal.directory.owners.publishing import State, missing_of, progress_of, state_of
from portal.directory.owners.saving import Saved
from portal.directory.owners.sections import PICTURES, SECTIONS, Progress, Section
from portal.directory.owners.similar import Similar, similar_studios
from portal.directory.owners.summary import summary_of
from portal.directory.owners.versions import mark
from portal.directory.users.prepared import is_moderation_prepared
from portal.directory.visibility import point_shown, slug_of

NAMED_IN = {"identity", "place"}
"""Sections that tell whether another studio is similar."""
PAGES = (*(each.slug for each in SECTIONS), PICTURES.slug)
LONGEST_SAID = 500
UNPROCESSABLE, CONFLICT = 422, 409


@dataclass
class Outcome:
    """Of a request to save a section; empty where a page only shows it. `why_not`: why nothing
    was saved."""

    saved: Saved | None = None
    why_not: str | None = None
    status: int = 200
    at: datetime = field(default_factory=now)

    def is_whole(self, form: SectionForm) -> bool:
        return self.status_of(form) == 200

    def status_of(self, form: SectionForm) -> int:
        if self.why_not:
            return self.status
        if self.saved and self.saved.others:
            return CONFLICT
        return UNPROCESSABLE if form.errors else 200

    @property
    def others(self) -> dict[str, str]:
        """By field, what was saved elsewhere, in words."""
        return (
            {name: _said(value) for name, value in self.saved.others.items()} if self.saved else {}
        )

    def mark_of(self, name: str) -> str:
        """What is sent to keep one's own value nevertheless."""
        return f"{name}:{mark(self.saved.others[name])}" if self.saved else ""


def _said(value: Value) -> str:
    if isinstance(value, bool):
        return "ticked" if value else "not ticked"
    if isinstance(value, tuple):
        return ", ".join(value) or "nothing"
    text = one_line(str(value)) if value is not None else ""
    return (text if len(text) <= LONGEST_SAID else f"{text[:LONGEST_SAID]}…") or "nothing"


@dataclass(frozen=True)
class Row:
    """A section in the list of all."""

    slug: str
    title: str
    about: str
    progress: Progress
    summary: str
    href: str


def rows_of(own: Own) -> list[Row]:
    return [
        Row(
            each.slug,
            each.title,
            each.about,
            progress,
            summary_of(each.slug, own),
            address_of(each.slug),
        )
        for each, progress in progress_of(own)
    ]


def address_of(slug: str) -> str:
    if slug == PICTURES.slug:
        return url_for("site.show_pictures")
    return url_for("site.show_section", section=slug)


def address_after(section: Section, *, is_on: bool) -> str:
    at = PAGES.index(section.slug)
    return address_of(PAGES[at + 1] if is_on else section.slug)


def stored_in(section: Section, own: Own) -> dict[str, Value]:
    return {each.name: each.read(own) for each in section.fields}


def overview_parts(own: Own) -> dict[str, Any]:
    rows, state = rows_of(own), state_of(own)
    return {
        "own": own,
        "name": one_line(own.studio.name) or "Your studio",
        "state": state.value,
        "rows": rows,
        "filled": sum(each.progress is Progress.DONE for each in rows),
        "missing": missing_of(own),
        "slug": None if own.is_new else slug_of(own.studio.name, own.studio.id),
        "similar": _similar(own) if state in {State.NEW, State.DRAFT} else [],
        "has_reviews": not own.is_new and is_moderation_prepared(),
    }


def section_parts(
    section: Section, own: Own, form: SectionForm, outcome: Outcome
) -> dict[str, Any]:
    return {
        "section": section,
        "own": own,
        "state": state_of(own).value,
        "form": form,
        "outcome": outcome,
        "status": outcome.status_of(form),
        "rows": rows_of(own),
        "number": PAGES.index(section.slug) + 1,
        "similar": _similar(own, form) if section.slug in NAMED_IN else [],
        **(_place_parts(own, form) if section.slug == "place" else {}),
        "zones": offered_zones() if section.slug == "hours" else (),
    }


def _similar(own: Own, form: SectionForm | None = None) -> list[Similar]:
    """By what is typed, where it says so, before it is saved."""
    typed = form.typed() if form else {}
    name, city = (typed.get(each, getattr(own.studio, each)) for each in ("name", "city"))
    return similar_studios(str(name or ""), str(city or ""), but=own.studio.id)


def _place_parts(own: Own, form: SectionForm) -> dict[str, Any]:
    typed = form.typed().get("city")
    where = where_is(str(typed if typed is not None else own.studio.city or ""))
    there = place_of(own)
    return {
        "where": where,
        "there": there,
        "others": [each for each in (where.place, *where.others) if each and each != there],
        "is_far": is_far(own),
        "point": point_shown(own.studio),
    }


def likely_zone(own: Own) -> str:
    return zone_at(point_shown(own.studio), own.studio.city or "") or ""


def form_after(form: SectionForm, outcome: Outcome) -> SectionForm:
    """The sent form with the version that its page has from now on. What was not saved keeps its
    mark, so it is not taken for saved the next time."""
    if saved := outcome.saved:
        version, typed = form.sent_version(), form.typed()
        for name in saved.written:
            version.stored[name], version.shown[name] = mark(saved.stored[name]), mark(typed[name])
        form.give_version(version)
        form.point_out(saved.refused)
    return form
