"""Compares any two texts of a document."""

from dataclasses import dataclass

from portal.core.errors import NotFound
from portal.documents.publishing.comparison import Comparison, compare
from portal.documents.publishing.versions import Standing, version_numbered

SHIPPED, PUBLISHED = "shipped", "published"


@dataclass(frozen=True)
class Side:
    """One text of a document: a version by its number, the shipped or the published file."""

    key: str
    label: str


@dataclass(frozen=True)
class SideComparison:
    """Two sides and their comparison."""

    old: Side
    new: Side
    found: Comparison


def sides_of(standing: Standing) -> list[Side]:
    """All sides, oldest first: the shipped file, each version, then a file changed by hand."""
    sides = [Side(SHIPPED, "the shipped file")] if standing.shipped else []
    sides += [
        Side(str(each.number), f"version {each.number}, {each.published_by}")
        for each in reversed(standing.versions)
    ]
    if standing.published and standing.shown is None:
        sides.append(Side(PUBLISHED, "the published file, changed by hand"))
    return sides


def compare_sides(standing: Standing, old: str, new: str) -> SideComparison:
    """Without a choice, the newest compared with the one before it. Raises NotFound."""
    sides = sides_of(standing)
    if len(sides) < 2:
        raise NotFound("There is only one text here, and nothing to hold it against.")
    before, after = _named(sides, old or sides[-2].key), _named(sides, new or sides[-1].key)
    return SideComparison(before, after, compare(_text(standing, before), _text(standing, after)))


def _named(sides: list[Side], key: str) -> Side:
    found = next((side for side in sides if side.key == key), None)
    if found is None:
        raise NotFound("There is no such version of this text.")
    return found


def _text(standing: Standing, side: Side) -> str:
    if side.key == SHIPPED and standing.shipped:
        return standing.shipped.text
    if side.key == PUBLISHED and standing.published:
        return standing.published.text
    return version_numbered(standing.kind, standing.slug, int(side.key)).source
