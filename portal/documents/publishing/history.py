"""Compares any two texts of a document."""

from dataclasses import dataclass

from portal.core.errors import NotFound
from portal.documents.publishing.comparison import Comparison, compare
from portal.documents.publishing.versions import PublicationState, version_numbered

SHIPPED, PUBLISHED = "shipped", "published"


@dataclass(frozen=True)
class ComparedText:
    """One text of a document: a version by its number, the shipped or the published file."""

    key: str
    label: str


@dataclass(frozen=True)
class SideComparison:
    """Two sides and their comparison."""

    old: ComparedText
    new: ComparedText
    found: Comparison


def sides_of(state: PublicationState) -> list[ComparedText]:
    """All sides, oldest first: the shipped file, each version, then a file changed by hand."""
    sides = [ComparedText(SHIPPED, "the shipped file")] if state.shipped else []
    sides += [
        ComparedText(str(each.number), f"version {each.number}, {each.published_by}")
        for each in reversed(state.versions)
    ]
    if state.published and state.shown is None:
        sides.append(ComparedText(PUBLISHED, "the published file, changed by hand"))
    return sides


def compare_sides(state: PublicationState, old: str, new: str) -> SideComparison:
    """Without a choice, the newest compared with the one before it. Raises NotFound."""
    sides = sides_of(state)
    if len(sides) < 2:
        raise NotFound("There is only one text here, and nothing to hold it against.")
    before, after = _named(sides, old or sides[-2].key), _named(sides, new or sides[-1].key)
    return SideComparison(before, after, compare(_text(state, before), _text(state, after)))


def _named(sides: list[ComparedText], key: str) -> ComparedText:
    found = next((side for side in sides if side.key == key), None)
    if found is None:
        raise NotFound("There is no such version of this text.")
    return found


def _text(state: PublicationState, side: ComparedText) -> str:
    if side.key == SHIPPED and state.shipped:
        return state.shipped.text
    if side.key == PUBLISHED and state.published:
        return state.published.text
    return version_numbered(state.kind, state.slug, int(side.key)).text
