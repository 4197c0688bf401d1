"""Where the text of a report states its title, day, severity, status and audience."""

import re
from collections.abc import Iterator

from portal.documents.audiences.blocks import blocks_in
from portal.documents.document import parse_document
from portal.documents.fields.definition import TextPlace
from portal.documents.fields.headings import line_place, title_place
from portal.documents.markdown.blocks.blocks import split_lines
from portal.documents.markdown.blocks.scanner import scan
from portal.incidents.access.text_about_readers import audience_lines
from portal.incidents.parsing.fields import Field, fields_in
from portal.incidents.parsing.stated import status_fields

_AUDIENCE = re.compile(r"(.*?\*\*Audience(?::\*\*|\*\*:)[ \t]*)(\S.*?)([ \t.\\]*)$", re.I)
#: Kinds of fields in a text, and the names of ours.
_NAMES = {"date": "date", "severity": "severity", "prepared by": "prepared_by"}


def places_in(body: str) -> dict[str, TextPlace]:
    """By name of the field. `line` counts from 1 in the body."""
    tree, lines, hidden = scan(body), split_lines(body), _lines_of_blocks(body)
    found = [each for each in fields_in(tree) if each.line not in hidden]
    stated = [(_NAMES[each.kind], each) for each in reversed(found) if each.kind in _NAMES]
    stated += [("status", each) for each in status_fields(found)]
    places = {name: _of_field(each, lines) for name, each in stated}
    places["title"] = title_place(body)
    places["audience"] = next(_audiences(body, lines), None)
    return {name: place for name, place in places.items() if place and place.line - 1 not in hidden}


def doubled_in(body: str) -> str:
    """Why the text does not state a field once; empty if it does."""
    hidden = _lines_of_blocks(body)
    found = [each for each in fields_in(scan(body)) if each.line not in hidden]
    status = [each.line + 1 for each in status_fields(found)]
    severity = [each.line + 1 for each in found if each.kind == "severity"]
    said = audience_lines(parse_document(body, "report")) if "udience" in body else []
    audience = [each.line for each in said if each.audience]
    named = {"status": status, "severity": severity, "audience": audience}
    for name, lines in named.items():
        if len(lines) > 1:
            return f"The text states the {name} {len(lines)} times; keep one of them."
    return ""


def _lines_of_blocks(body: str) -> frozenset[int]:
    """The lines for some readers only: what they state is no fact of the report."""
    blocks, last = blocks_in(body), body.count("\n") + 1
    ranges = (range(each.line, (each.end or last) + 1) for each in blocks)
    return frozenset(at for lines in ranges for at in lines)


def _of_field(found: Field, lines: list[str]) -> TextPlace | None:
    """None if its words are not found as they were read, such as a bar in a cell."""
    line, words = lines[found.line], found.raw.rstrip().rstrip("\\").rstrip()
    at = line.rfind(words)
    return line_place(lines, found.line, at, words, found.text) if words and at >= 0 else None


def _audiences(body: str, lines: list[str]) -> Iterator[TextPlace]:
    if "udience" not in body:
        return
    document = parse_document(body, "report")
    for each in audience_lines(document):
        number = each.line - 1
        found = _AUDIENCE.match(lines[number]) if number < len(lines) else None
        if each.audience and found:
            yield line_place(lines, number, len(found[1]), found[2], each.audience.value)
