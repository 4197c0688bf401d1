"""On which line of a file each value of its front matter stands, and which links lead nowhere."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import yaml

from portal.documents.document import FRONT_MATTER, Document
from portal.documents.sections import headings, lines_outside_fences

Place = tuple[str | int, ...]
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(\s*<?([^)\s>]+)>?[^)]*\)")
_CODE = re.compile(r"(`+).+?\1")
_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|//|/|\{\{|mailto:", re.I)


def front_matter_lines(source: str) -> dict[Place, int]:
    """Lines of keys, of the items of their lists, and of the keys of those: `("updates", 0, "at")`.

    Empty where there is no front matter or none that can be read.
    """
    found = FRONT_MATTER.match(source)
    try:
        root = yaml.compose(found[1], Loader=yaml.SafeLoader) if found else None
    except (yaml.YAMLError, RecursionError):
        return {}
    return dict(_places(root, (), depth=3)) if root else {}


def line_of(lines: dict[Place, int], place: Place) -> int:
    """The line of a place, or of the nearest one around it; 1 where there is none."""
    while place and place not in lines:
        place = place[:-1]
    return lines.get(place, 1)


def dead_links(document: Document, *roots: Path) -> Iterator[tuple[int, str]]:
    """Line and address of each link to a heading or a file that is not there; files are looked for
    beside the document in each of the folders."""
    anchors = {heading.slug for heading in headings(document.body)}
    here = [root / Path(document.slug).parent for root in roots]
    for line, text in lines_outside_fences(document.body, start_line=document.body_line):
        for found in _LINK.finditer(_CODE.sub("", text)):
            if all(_is_dead(found[1], folder, anchors) for folder in here):
                yield line, found[1]


def _places(node: yaml.Node, place: Place, depth: int) -> Iterator[tuple[Place, int]]:
    if place:
        yield place, node.start_mark.line + 2
    if depth and isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            here = (*place, str(key.value))
            yield from _places(value, here, depth - 1)
            yield here, key.start_mark.line + 2
    if depth and isinstance(node, yaml.SequenceNode):
        for at, item in enumerate(node.value):
            yield from _places(item, (*place, at), depth - 1)


def _is_dead(link: str, here: Path, anchors: set[str]) -> bool:
    path, _, anchor = link.partition("#")
    if _ELSEWHERE.match(link):
        return False
    if not path:
        return bool(anchor) and unquote(anchor).lower() not in anchors
    try:
        return not (here / unquote(path.partition("?")[0])).exists()
    except (OSError, ValueError):
        return True
