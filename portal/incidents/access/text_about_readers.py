"""Statements about the audience in a report's text: `**Audience:** clients`, and similar lines."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from portal.documents.audiences.audience import Audience
from portal.documents.audiences.blocks import (
    AudienceBlock,
    begins_no_block,
    blocks_in,
    stray_ends,
)
from portal.documents.document import Document
from portal.documents.front_matter.yaml_errors import quoted
from portal.documents.markdown.blocks.blocks import Block, split_lines
from portal.documents.markdown.blocks.scanner import scan
from portal.documents.markdown.slugs import plain_title
from portal.incidents.access.foreign_fences import foreign_fence, stray_strokes
from portal.incidents.access.reader_keys import (
    AUDIENCE,
    DRAFT,
    PUBLISHED,
    RESTRICTING,
    folded,
    words_about_readers,
)

_FIELD = re.compile(r"[ \t>]*(?:[-*+][ \t]+)?\*\*Audience(?::\*\*|\*\*:)[ \t]*(\S.*)$", re.I)
_WORDS = re.compile(
    r"[^a-z0-9]*([a-z0-9]+(?:[ _.-]{1,2}[a-z0-9]+){0,2})"
    r"[^\w\s:=|]{0,4}[ \t]*(:(?!//)|=|->|\||[ \t][-\u2013\u2014][ \t]|\u2192)(.*)"
)
_INSTEAD = "is not read; write it as “**Audience:** internal” or into the front matter."
_LABEL = re.compile(r"([\w -]{5,40}?)[ \t]*[:)\]*_\uff1a]")
_HIDES_NOTHING = "hides nothing; put /// internal above what is for staff, and /// after it."
#: These describe a part of a text. “Internal” alone may describe other things.
_FOR_STAFF = re.compile(
    r"(?:for )?(?:internal|staff)(?: use)?[ -]only|(?:for )?internal[ -](?:notes?|comments?|use)"
    r"|(?:for )?staff[ -](?:notes?|comments?)|not for (?:the )?(?:clients?|customers?|public)"
    r"|do not share(?: with (?:the )?(?:clients?|customers?))?"
    r"|(?:begin|start)[ _-]?(?:of )?internal"
)
_HEADING = re.compile(r"\s*#{1,6}\s+(.*?)[\s#]*$")
_STATUS = re.compile(r"[ \t>]*(?:[-*+][ \t]+)?\*\*Status(?::\*\*|\*\*:)[ \t]*\W*draft\b", re.I)
#: Lines at the start of a text, before its second heading, that may describe the text as a whole.
_HEAD = 40
#: Characters that separate lines for people, but not in Markdown.
_ONE_LINE = re.compile(r"[\v\f\x1c-\x1e\x85\u2028\u2029]")
_LONGEST = 400
_NO = ("false", "no", "off", "never", "not")


@dataclass(frozen=True)
class AudienceLine:
    """A line of the file about the audience. `problem` is why it was not understood."""

    line: int
    audience: Audience | None = None
    problem: str = ""


@dataclass(frozen=True)
class _Text:
    """A body by line numbers, from 0: code, start, restricted lines, lines for staff only. The head
    ends before line `head`.
    """

    lines: list[str]
    code: frozenset[int]
    fences: frozenset[int]
    hidden: frozenset[int]
    for_staff: frozenset[int]
    head: int


def audience_lines(document: Document) -> list[AudienceLine]:
    """Each line that states the audience of the report, or may do so."""
    text = _text_of(document.body)
    found = []
    for at, line in enumerate(text.lines):
        parts = _ONE_LINE.split(line[:_LONGEST]) if at not in text.code else ()
        said = [each for part in parts if (each := _said(at, part, text))]
        found += [replace(each, line=document.body_line + at) for each in said]
    return found


def foreign_fences_in(document: Document) -> Iterator[tuple[int, str]]:
    """Line and sentence of foreign or malformed block markers."""
    first, body = document.body_line, document.body
    text = _text_of(body)
    begun = {block.line for block in blocks_in(body)}
    marks = begun | {block.end for block in blocks_in(body)} | set(stray_ends(body))
    for at, line in enumerate(text.lines):
        inside = at in text.for_staff or (at in text.code and at not in text.fences)
        strokes = at not in marks and at not in text.code and stray_strokes(line)
        if begins_no_block(line, at, begun):
            yield first + at, "This does not begin a block: the mark must be on a line of its own."
        elif at not in begun and not inside and (strokes or foreign_fence(line)):
            message = f"{quoted(line)} is no block; write /// internal, and /// after the text."
            yield first + at, message
    for block in blocks_in(body):
        if block.end is None and block.kind not in ("internal", "clients", "client"):
            yield first + block.line, f"{quoted(block.mark)} may be the damaged end of a block."
    for at in stray_ends(body):
        yield first + at, "This /// ends no block."


def _said(at: int, line: str, text: _Text) -> AudienceLine | None:
    if field := _FIELD.match(line):
        return _field(at, field[1], text)
    is_head = at < text.head and at not in text.for_staff
    if is_head and _STATUS.match(line):
        return AudienceLine(at, problem=f"{quoted(line)} keeps the report with staff.")
    heading = _HEADING.match(line)
    if found := _heading(at, heading[1]) if heading else None:
        return found
    if not heading and _is_about_readers(line, is_head=is_head):
        return AudienceLine(at, problem=f"{quoted(line)} {_INSTEAD}")
    words = "" if at in text.for_staff else _only_for_staff(line)
    return AudienceLine(at, problem=f"{quoted(words)} {_HIDES_NOTHING}") if words else None


def _only_for_staff(line: str) -> str:
    """The phrase for staff only in a heading, a line, or the label before a colon."""
    heading = _HEADING.match(line)
    said = _plain(plain_title(heading[1]) if heading else line)
    label = _LABEL.match(said)
    words = (said, label[1]) if label else (said,)
    found = (each for each in words if _FOR_STAFF.fullmatch(_plain(folded(each))))
    return next(found, said if heading and _plain(folded(said)) in RESTRICTING else "")


def _is_about_readers(line: str, *, is_head: bool) -> bool:
    """Outside of the head, only names of the audience count."""
    small = folded(line)
    found = _WORDS.match(small) if any(sign in line for sign in _SIGNS) else None
    kind = words_about_readers(found[1]) if found else None
    if not is_head:
        return kind == AUDIENCE and found is not None and found[2] != "|"
    if _plain(small) in RESTRICTING or (found and _plain(found[3]) in RESTRICTING):
        return True
    return bool(found and kind) and (kind == AUDIENCE or _limits(kind, found[3] if found else ""))


def _plain(words: str) -> str:
    return words.strip(" \t\n.,;:!?*_`'\"#>[](){}|-\u2013\u2014")


_SIGNS = (*":=|\uff1a\ufe55\u2192\u2236\ua789\u02d0", "->", " - ", " \u2013 ", " \u2014 ")


def _limits(kind: str | None, value: str) -> bool:
    words = re.findall(r"\w+", value)
    first = words[0] if words else ""
    if kind == PUBLISHED:
        return first in _NO
    return not (kind == DRAFT and first in _NO)


def _field(at: int, written: str, text: _Text) -> AudienceLine:
    if at in text.hidden:
        return AudienceLine(
            at, problem="Who reads the report is said inside a block; say it before that."
        )
    word = plain_title(written).strip(" .").casefold()
    if word in list(Audience) and word.isascii():
        return AudienceLine(at, Audience(word))
    message = f"**Audience:** {quoted(written)} must be public, clients or internal."
    return AudienceLine(at, problem=message)


def _heading(at: int, title: str) -> AudienceLine | None:
    words = plain_title(title).partition(":")[0]
    if len(words.split()) > 2 or words_about_readers(words) != AUDIENCE:
        return None
    message = (
        f"The heading {quoted(title)} is not read; write “**Audience:** internal” or the like."
    )
    return AudienceLine(at, problem=message)


@lru_cache(maxsize=8)
def _text_of(body: str) -> _Text:
    lines, tree = split_lines(body), scan(body)
    blocks = [(b, len(lines) if b.end is None else b.end + 1) for b in blocks_in(body)]
    staffs = [(b, end) for b, end in blocks if not (b.is_for_clients or b.client)]
    fences = [block for block in tree.walk() if block.fenced and not _is_above_all(block, lines)]
    raw = [(block, block.end + 1) for block in tree.walk() if block.kind == "html"]
    later = [b.line for b in tree.children if b.level > 1 and _is_written_as_heading(b, lines)]
    return _Text(
        lines=lines,
        code=_lines_of((block, block.end + 1) for block in fences),
        fences=frozenset(block.line for block in fences),
        hidden=_lines_of([*blocks, *raw]),
        for_staff=_lines_of(staffs),
        head=min([_HEAD, *later]),
    )


def _is_written_as_heading(block: Block, lines: list[str]) -> bool:
    """Whether it is written with #: an underlined line, or a second front matter's end, is not."""
    return block.kind == "heading" and lines[block.line].lstrip().startswith("#")


def _lines_of(blocks: Iterable[tuple[Block | AudienceBlock, int]]) -> frozenset[int]:
    return frozenset(at for block, end in blocks for at in range(block.line, end))


def _is_above_all(block: Block, lines: list[str]) -> bool:
    """Whether only blank lines precede it: code at the start of a text may be its front matter."""
    return not any(line.strip() for line in lines[: block.line])
