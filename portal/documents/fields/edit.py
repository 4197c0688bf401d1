"""Writes what a person changed in fields back into the file.

Each edit is read again: it counts only if the field then has the value that was typed, and all
others have theirs.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import yaml

from portal.documents.fields.definition import BODY, FieldSet, FieldSpec, Shape, TextPlace
from portal.documents.fields.head import CannotWrite, entries_of, value_of, with_value
from portal.documents.fields.sheet import Sheet, split_head
from portal.documents.front_matter.parse import FRONT_MATTER, split

#: A time without a zone, as a file or a browser's control writes it.
_CLOCK = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})[T ](\d{1,2}):(\d{2})(?::(\d{2}))?")
NOT_WRITTEN = "This can’t be written into the file as it is. Use the source."
SAID_TWICE = "The text below says “{}” now. Say the same in both."
LISTED = "The text below lists them, from line {}. Change them there."
STILL_SAID = "The text below says “{}”. Take it out there."
BEGINS = "The text can’t begin like a front matter. Use the source."


@dataclass(frozen=True)
class Edit:
    """`text` has everything that was typed, as far as a file can have it. `problems` are by name of
    the field.
    """

    text: str
    changed: frozenset[str] = frozenset()
    problems: dict[str, str] = field(default_factory=dict)


def canonical(spec: FieldSpec, value: str) -> str:
    """As it is read from a file: one line, or one item a line."""
    if spec.shape.is_list:
        return "\n".join(line for each in value.split("\n") if (line := " ".join(each.split())))
    text = " ".join(value.split())
    return (picked(text) or text) if spec.shape is Shape.TIME else text


def picked(text: str) -> str:
    """“2025-12-16 09:05” for a time without a zone; empty for any other text."""
    found = _CLOCK.fullmatch(text)
    if not found:
        return ""
    year, month, day, hour, minute, second = found.groups()
    clock = f"{hour:0>2}:{minute}" + (f":{second}" if (second or "00") != "00" else "")
    return f"{year}-{month:0>2}-{day:0>2} {clock}"


def edit(fields: FieldSet, sheet: Sheet, typed: Mapping[str, str]) -> Edit:
    """A field that was not sent counts as unchanged."""
    body = typed.get(BODY, sheet.body)
    new = {
        spec.name: canonical(spec, typed[spec.name]) for spec in fields.specs if spec.name in typed
    }
    was = {spec.name: canonical(spec, sheet.values[spec.name]) for spec in fields.specs}
    changed = [name for name, value in new.items() if value != was[name]]
    head = split_head(sheet.text)[0]
    text = f"{head}\n{body}" if body and head and not head.endswith("\n") else head + body
    problems = {BODY: BEGINS} if not head and split_head(body)[0] else {}
    for name in changed:
        text, problem = _with(fields, sheet, text, fields.spec(name), new[name])
        if problem:
            problems[name] = problem
    if body != sheet.body:
        changed.append(BODY)
    said = fields.in_text(split_head(text)[1])
    for name in (each for each in changed if each in said and not new.get(each, "-")):
        problems[name] = STILL_SAID.format(said[name].value)
    stated = {name: place.value for name, place in said.items()}
    values = {**was, **new}
    values |= {name: said for name, said in stated.items() if not (values[name] or name in changed)}
    found = fields.problems(values, frozenset(changed))
    return Edit(text, frozenset(changed), {**problems, **found})


def _with(
    fields: FieldSet, sheet: Sheet, text: str, spec: FieldSpec, value: str
) -> tuple[str, str]:
    """The text with one value, and why it is not as it should be."""
    problem = ""
    if spec.name in sheet.places and spec.shape.is_list:
        return text, LISTED.format(sheet.places[spec.name].line)
    if spec.name in sheet.places and not value:
        return text, STILL_SAID.format(sheet.places[spec.name].value)
    if spec.name in sheet.places and (place := _place(fields, text, spec.name)):
        if place.value not in (sheet.places[spec.name].value, value):
            problem = SAID_TWICE.format(place.value)
        elif (written := _in_text(fields, text, place, spec, value)) is not None:
            return written, ""
    try:
        return _in_head(fields, text, spec, value), problem
    except (CannotWrite, yaml.YAMLError, ValueError, RecursionError):
        return text, problem or NOT_WRITTEN


def _place(fields: FieldSet, text: str, name: str) -> TextPlace | None:
    """In the whole text, as `start` and `end`; None if its body states the field no more."""
    head, body = split_head(text)
    place = fields.in_text(body).get(name)
    return (
        replace(place, start=place.start + len(head), end=place.end + len(head)) if place else None
    )


def _in_text(
    fields: FieldSet, text: str, place: TextPlace, spec: FieldSpec, value: str
) -> str | None:
    """None if the value would be read as another one there."""
    written = text[: place.start] + value + text[place.end :]
    found = _place(fields, written, spec.name)
    same = split_head(written)[0] == split_head(text)[0] and not split(written, "new.md").faults
    return written if found and same and canonical(spec, found.value) == value else None


def _in_head(fields: FieldSet, text: str, spec: FieldSpec, value: str) -> str:
    """Raises CannotWrite."""
    head, body = split_head(text)
    found = FRONT_MATTER.match(head)
    source = found[1] if found else ""
    order = [key for each in fields.specs for key in each.keys]
    new = with_value(source, spec, value, order)
    before, after = _values(fields, source), _values(fields, new)
    if after != before | {spec.name: value}:
        raise CannotWrite
    head = f"{head[: found.start(1)]}{new}{head[found.end(1) :]}" if found else f"---\n{new}---\n"
    if split_head(head + body) != (head, body):
        raise CannotWrite
    return head + body


def _values(fields: FieldSet, source: str) -> dict[str, str]:
    """The values of all fields, and the names of all keys."""
    entries = entries_of(source)
    by_name = {each.name: each.node for each in entries}
    values = {}
    for spec in fields.specs:
        node = next((by_name[key] for key in spec.keys if key in by_name), None)
        values[spec.name] = canonical(spec, value_of(node, spec)) if node is not None else ""
    return values
