"""Splits a Markdown body at its headings and lists its fences, with lines of the file.

Headings and fences are those of `blocks`: a heading inside a fence, a comment, a quote or a list
item starts no section.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from portal.documents.markdown.blocks.blocks import Block, split_lines
from portal.documents.markdown.blocks.scanner import scan
from portal.documents.markdown.slugs import Slugs, plain_title


@dataclass(frozen=True)
class Heading:
    title: str
    level: int
    line: int
    slug: str


@dataclass(frozen=True)
class Section:
    """`line` is the heading's, `body_line` the first line after it; `body` ends before the next
    heading of the same or a higher level. The slug is unique in the body; after the prefix of
    ids it is the heading's id on a page that renders the whole body.
    """

    title: str
    level: int
    line: int
    body_line: int
    body: str
    slug: str


def headings(markdown_body: str, *, start_line: int = 1) -> list[Heading]:
    return [heading for heading, _block in _headings(markdown_body, start_line)]


def split_sections(markdown_body: str, level: int, *, start_line: int = 1) -> list[Section]:
    """The sections of one level. The text before the first one is `preamble`."""
    lines = split_lines(markdown_body)
    found = _headings(markdown_body, start_line)
    sections = []
    for at, (heading, block) in enumerate(found):
        if heading.level == level:
            later = (b.line for h, b in found[at + 1 :] if h.level <= level)
            body = lines[block.end + 1 : next(later, len(lines))]
            place = (heading.line, start_line + block.end + 1)
            sections.append(
                Section(heading.title, level, *place, "\n".join(body).rstrip("\n"), heading.slug)
            )
    return sections


def preamble(markdown_body: str, level: int) -> str:
    """The text before the first heading of this level or a higher one below the title.

    A title (the only `#`, at the start of the document) does not end it.
    """
    found = [block for block in scan(markdown_body).children if block.kind == "heading"]
    cut = next((b.line for b in found if b.level == level), None)
    lines = split_lines(markdown_body)
    return "\n".join(lines[:cut]).rstrip("\n")


def lines_outside_fences(markdown_body: str, *, start_line: int = 1) -> Iterator[tuple[int, str]]:
    """Line number and text of each line outside of code, comments and other raw HTML."""
    hidden: set[int] = set()
    for block in scan(markdown_body).walk():
        if block.kind in ("code", "html"):
            hidden.update(range(block.line, block.end + 1))
    for number, line in enumerate(split_lines(markdown_body)):
        if number not in hidden:
            yield start_line + number, line


def _headings(markdown_body: str, start_line: int) -> list[tuple[Heading, Block]]:
    """The headings on the top level; ids are numbered over all headings, as on the page."""
    slugs, found = Slugs(), []
    tree = scan(markdown_body)
    top = {id(block) for block in tree.children}
    for block in tree.walk():
        if block.kind == "heading":
            title = plain_title(" ".join(block.text))
            heading = Heading(title, block.level, start_line + block.line, slugs.name(title))
            if id(block) in top:
                found.append((heading, block))
    return found
