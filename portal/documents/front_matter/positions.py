"""Line numbers of the values in a front matter; links, dead links and pictures of a document."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import yaml

from portal.documents.document import Document
from portal.documents.front_matter.parse import FRONT_MATTER
from portal.documents.markdown.blocks.sections import headings, lines_outside_fences
from portal.documents.rendering.own_images import host_of_picture

Place = tuple[str | int, ...]
_TO = r"\(\s*<?([^()\s<>]+)>?(?:\s[^()]*)?\)"
_LINK = re.compile(rf"(?<!!)\[(?:[^\[\]]|!\[[^\[\]]*\]\([^()]*\))*\]{_TO}")
_DEFINED = re.compile(r" {0,3}\[(?!\^)(?P<label>[^\[\]]+)\]:[ \t]*<?(?P<address>[^\s<>]+)")
_IMAGE_BY_LABEL = re.compile(r"!\[([^\[\]]*)\](?!\()(?:\[([^\[\]]*)\])?")
_IMAGE = re.compile(rf"!\[[^\[\]]*\]{_TO}")
_RAW_IMAGE = re.compile(r"<img\s[^<>]*?\bsrc=[\"']?([^\"'\s<>]+)", re.I)
#: Characters of a line that are searched for addresses.
_LONGEST_LINE = 2_000
_CODE = re.compile(r"(`+).+?\1")
_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|//|/|\{\{|mailto:", re.I)


def front_matter_lines(source: str) -> dict[Place, int]:
    """Lines of keys, of the items of their lists, and of the keys of those: `("updates", 0, "at")`.

    Empty if there is no front matter or if it can't be parsed.
    """
    found = FRONT_MATTER.match(source)
    try:
        root = yaml.compose(found[1], Loader=yaml.SafeLoader) if found else None
    except (yaml.YAMLError, RecursionError):
        return {}
    return dict(_places(root, (), depth=3)) if root else {}


def line_of(lines: dict[Place, int], place: Place) -> int:
    """The line of a place, or of its nearest enclosing place; 1 if there is none."""
    while place and place not in lines:
        place = place[:-1]
    return lines.get(place, 1)


def dead_links(document: Document, *roots: Path) -> Iterator[tuple[int, str]]:
    """Line and address of each link to a missing heading or file; files are searched next to the
    document in each of the `roots`.
    """
    anchors = {heading.slug for heading in headings(document.body)}
    here = [root / Path(document.slug).parent for root in roots]
    for line, address in links_in(document):
        if all(_is_dead(address, folder, anchors) for folder in here):
            yield line, address


def links_in(document: Document) -> Iterator[tuple[int, str]]:
    """Line and address of each link, reference definitions included."""
    for line, text in _lines(document):
        for found in _LINK.finditer(text):
            yield line, found[1]
        if defined := _DEFINED.match(text):
            yield line, defined["address"]


def images_in(document: Document) -> Iterator[tuple[int, str]]:
    """Line and address of each picture, including those with a reference definition."""
    lines = list(_lines(document))
    defined = {
        _label(found["label"]): found["address"]
        for _, text in lines
        if (found := _DEFINED.match(text))
    }
    for line, text in lines:
        for found in (*_IMAGE.finditer(text), *_RAW_IMAGE.finditer(text)):
            yield line, found[1]
        for found in _IMAGE_BY_LABEL.finditer(text):
            if address := defined.get(_label(found[2] or found[1])):
                yield line, address


def _label(words: str) -> str:
    return " ".join(words.split()).casefold()


def pictures_elsewhere(document: Document) -> Iterator[tuple[int, str]]:
    """Line and host of each picture on another host."""
    for line, address in images_in(document):
        if host := host_of_picture(address):
            yield line, host


def shown_as_link(host: str) -> str:
    return f"This picture is on another host, {host}, and is shown as a link. Nothing is loaded."


def leads_elsewhere(link: str) -> bool:
    """Whether a link points to another site, or to an absolute path of this one."""
    return bool(_ELSEWHERE.match(link))


def _lines(document: Document) -> Iterator[tuple[int, str]]:
    for line, text in lines_outside_fences(document.body, start_line=document.body_line):
        if len(text) <= _LONGEST_LINE:
            yield line, _CODE.sub("", text)


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
