"""Reads a file into its fields and its body."""

from dataclasses import dataclass, field
from functools import cached_property

import yaml

from portal.core.errors import Invalid
from portal.documents.document import Document, parse_document
from portal.documents.fields.definition import BODY, FieldSet, FieldSpec, TextPlace
from portal.documents.fields.head import CannotWrite, Entry, entries_of, value_of
from portal.documents.fields.scalars import is_null
from portal.documents.front_matter.parse import FRONT_MATTER
from portal.documents.publishing.publish import normalised


class Unfit(Invalid):
    """A file that can't be edited in fields, and why: it is edited in its source."""


@dataclass(frozen=True)
class Sheet:
    """`values` are those of the fields, and the body. `places` are the fields that the body states
    itself; `others` are the keys of the front matter that have no field.
    """

    text: str
    document: Document
    values: dict[str, str]
    places: dict[str, TextPlace] = field(default_factory=dict)
    others: tuple[str, ...] = ()

    @cached_property
    def body(self) -> str:
        return self.values[BODY]


def read_sheet(fields: FieldSet, text: str, slug: str) -> Sheet:
    """Raises Unfit with one sentence."""
    document = _document(text, slug)
    if why := fields.unfit(document):
        raise Unfit(why)
    head, body = split_head(text)
    entries = _entries(head)
    stated = fields.in_text(body)
    values, places = {}, {}
    for spec in fields.specs:
        values[spec.name], place = _value(spec, entries, stated.get(spec.name))
        if place:
            places[spec.name] = place
    known = {key for spec in fields.specs for key in spec.keys}
    others = tuple(each.name for each in entries if each.name not in known)
    return Sheet(text, document, {**values, BODY: body}, places, others)


def split_head(text: str) -> tuple[str, str]:
    """The front matter with its rules, and the rest. Together they are the text."""
    found = FRONT_MATTER.match(text)
    return (text[: found.end()], text[found.end() :]) if found else ("", text)


def _document(text: str, slug: str) -> Document:
    if text.startswith("\ufeff"):
        raise Unfit("The file begins with an invisible mark, so its front matter is not read.")
    try:
        normalised(text)
        document = parse_document(text, slug or "new")
    except Invalid as error:
        raise Unfit(error.sentence) from error
    for fault in document.faults:
        raise Unfit(f"Line {fault.line}: {fault.message}")
    return document


def _entries(head: str) -> list[Entry]:
    found = FRONT_MATTER.match(head)
    try:
        return entries_of(found[1]) if found else []
    except (CannotWrite, yaml.YAMLError, ValueError) as error:
        raise Unfit("The front matter is not written as one “key: value” a line.") from error


def _value(
    spec: FieldSpec, entries: list[Entry], stated: TextPlace | None
) -> tuple[str, TextPlace | None]:
    """What counts: the front matter, and without a value in it the text."""
    found = [each for each in entries if each.name in spec.keys and not is_null(each.node)]
    if len(found) > 1:
        names = " and ".join(f"“{each.name}”" for each in found)
        raise Unfit(f"{names} say the same; keep one of them.")
    try:
        value = value_of(found[0].node, spec) if found else ""
    except CannotWrite as error:
        raise Unfit(f"“{found[0].name}” has a value of several parts.") from error
    return (stated.value, stated) if stated and not value else (value, None)
