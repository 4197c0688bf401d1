"""Finds the timeline in a text: a table with the heads Time and Event, or lines that begin with a
time below a heading such as Timeline.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from portal.documents.document import date_in
from portal.documents.markdown.blocks import syntax
from portal.documents.markdown.blocks.blocks import Block
from portal.documents.markdown.slugs import plain_title
from portal.incidents.parsing.fields import own_blocks
from portal.incidents.timelines.clocks import written_in

_ZONE = r"(?:[\[(](?P<inside>[^\[\]()]{1,40})[\])]|,?\s+(?:in\s+)?(?P<behind>[A-Z]\S{1,30}))?"
_TIME = r"(?:times?\s?-?stamps?|date\s?-?times?|times?|when|clock)"
_TIME_HEAD = re.compile(
    rf"(?i:(?:dates?\s*(?:and|&|/|\+|,|\|)?\s*)?(?P<before>utc\s+|gmt\s+)?{_TIME})\s*{_ZONE}\s*:?"
)
_DATE_HEAD = re.compile(r"(?:date|day)s?", re.I)
_EVENT = r"(?:events?|actions?|activit(?:y|ies)|updates?|entry|entries|incident|happenings?)"
_EVENT_HEAD = re.compile(
    rf"(?:{_EVENT}(?:\s+(?:description|details?|taken|log))?|what|what (?:has )?happened|notes?|"
    rf"(?:event\s+)?description(?:\s+of\s+(?:the\s+)?{_EVENT})?|details?|comments?|messages?)",
    re.I,
)
_TIMELINE = re.compile(r"time\s?-?line|chronology|sequence of events|course of events", re.I)
_IN_BRACKETS = re.compile(r"[\[(]([^\[\]()]{1,60})[\])]\s*:?\s*$")
_SAYS_ALL = re.compile(r"(?:all\s+)?(?:times?\s+)?(?:are\s+)?(?:in\s+)?", re.I)
_BEHIND = " \t-–—:|,.→>"
#: The time of a row without one.
NO_TIME = "–"
#: Maximum number of columns that are searched for time and event.
_MOST_COLUMNS = 50


@dataclass(frozen=True)
class Entry:
    """One row as written; `written` is a dash if it does not begin with a time. `zone` comes from
    the table head, `day` from a heading above.
    """

    line: int
    written: str
    text: str
    zone: str = ""
    day: date | None = None


@dataclass(frozen=True)
class Section:
    """The content below a timeline heading."""

    line: int
    title: str
    blocks: Sequence[Block]


def sections(tree: Block) -> list[Section]:
    """All timeline sections; a nested one is part of the outer one."""
    found: list[Section] = []
    blocks, at = tree.children, 0
    while at < len(blocks):
        block, at = blocks[at], at + 1
        if block.kind == "heading" and _TIMELINE.search(title := plain_title(" ".join(block.text))):
            begun = at
            while at < len(blocks) and not _ends(blocks[at], block.level):
                at += 1
            found.append(Section(block.line, title, blocks[begun:at]))
    return found


def entries_of(section: Section) -> list[Entry]:
    """The rows of all its tables, lists and lines, if any begins with a time; a date in a heading
    applies to what follows.
    """
    zone = _zone_in_title(section.title)
    day: date | None = date_in(section.title)
    found: list[Entry] = []
    for block in section.blocks:
        if block.kind == "heading":
            day = date_in(plain_title(" ".join(block.text))) or day
        found += [replace(each, zone=each.zone or zone, day=day) for each in _entries(block)]
    return found if any(entry.written != NO_TIME for entry in found) else []


def first_table(tree: Block) -> list[Entry]:
    """The rows of the first table with the columns Time and Event."""
    tables = (block for block in own_blocks(tree) if block.kind == "table")
    return next((found for table in tables if (found := _table(table, is_sure=False))), [])


def first_list(tree: Block) -> list[Entry]:
    """The rows of the first list of at least two items that all begin with a time."""
    for block in own_blocks(tree):
        if block.kind == "list" and len(block.children) > 1:
            found = [_item(item) for item in block.children]
            if all(entry and entry.written != NO_TIME for entry in found):
                return [entry for entry in found if entry]
    return []


def looks_like_times(table: Block) -> bool:
    """Whether at least two rows, and at least half of them, begin with a time."""
    rows = [table.text[0], *table.text[2:200]]
    clocks = sum(_begins_with_clock(syntax.split_row(row)[0], in_cell=True) for row in rows)
    return clocks > 1 and clocks * 2 >= len(rows)


def _ends(block: Block, level: int) -> bool:
    return block.kind == "heading" and block.level <= level


def _zone_in_title(title: str) -> str:
    """The zone in the brackets of a heading: “Timeline (all times in UTC)”."""
    found = _IN_BRACKETS.search(title)
    words = _SAYS_ALL.sub("", found[1], count=1).strip() if found else ""
    return "" if " " in words or any(c.isdigit() for c in words.lstrip("UTCGM+-")) else words


def _entries(block: Block) -> Iterator[Entry]:
    if block.kind == "table":
        yield from _table(block, is_sure=True)
    elif block.kind == "list":
        yield from (entry for item in block.children if (entry := _item(item)))
    elif block.kind in {"paragraph", "heading"}:
        for line, text in enumerate(block.text, block.line):
            if (entry := _line(line, plain_title(text))).written != NO_TIME:
                yield entry


def _item(item: Block) -> Entry | None:
    """Its first paragraph; if that is only a time, the following text is the event."""
    texts = [child for child in item.children if child.kind == "paragraph"]
    if not texts:
        return None
    entry = _line(item.line, plain_title(" ".join(texts[0].text)))
    if entry.written != NO_TIME and not entry.text:
        below = [line for child in own_blocks(item) for line in child.text if child is not texts[0]]
        return Entry(entry.line, entry.written, plain_title(" ".join(below)[:500]))
    return entry


def _line(line: int, text: str) -> Entry:
    end = _end_of_clock(text, in_cell=False)
    return Entry(line, text[:end].strip(" ()[]") or NO_TIME, text[end:].lstrip(_BEHIND))


def _end_of_clock(text: str, *, in_cell: bool) -> int:
    found = written_in(text, near=date(2000, 1, 1), in_cell=in_cell)
    return found.end if found.clock or found.odd else 0


def _begins_with_clock(text: str, *, in_cell: bool) -> bool:
    return bool(_end_of_clock(plain_title(text), in_cell=in_cell))


def _table(table: Block, *, is_sure: bool) -> list[Entry]:
    """With `is_sure` the first column may hold the times without a head that says so."""
    head = [plain_title(cell) for cell in syntax.split_row(table.text[0])[:_MOST_COLUMNS]]
    columns = _columns(head)
    if not columns and is_sure and len(head) > 1 and looks_like_times(table):
        columns = ([0], 1)
    if not columns:
        return []
    zone = _zone_of_head(head[columns[0][-1]])
    first = 0 if _begins_with_clock(head[0], in_cell=True) else 2
    lines = [(at, row) for at, row in enumerate(table.text) if at >= first and at != 1]
    return [entry for at, row in lines if (entry := _row(table.line + at, row, columns, zone))]


def _row(line: int, row: str, columns: tuple[list[int], int], zone: str) -> Entry | None:
    """None for a row without time, which is not filled in and no event yet."""
    cells, (times, event) = syntax.split_row(row), columns
    if len(cells) <= max(*times, event):
        return None
    written = " ".join(plain_title(cells[at]) for at in times).strip()
    return Entry(line, written, plain_title(cells[event]), zone) if written else None


def _columns(head: list[str]) -> tuple[list[int], int] | None:
    """The columns of the time, possibly after a date, and the column of the event."""
    times = [at for at, cell in enumerate(head) if _TIME_HEAD.fullmatch(cell)]
    days = [at for at, cell in enumerate(head) if _DATE_HEAD.fullmatch(cell)]
    events = [at for at, cell in enumerate(head) if _EVENT_HEAD.fullmatch(cell)]
    if not events or not (times or days):
        return None
    return [*(days[:1] if times[:1] != days[:1] else []), *times[:1]], events[0]


def _zone_of_head(head: str) -> str:
    found = _TIME_HEAD.fullmatch(head)
    if not found:
        return ""
    inside = _SAYS_ALL.sub("", found["inside"] or "", count=1)
    return (inside or found["behind"] or found["before"] or "").strip()
