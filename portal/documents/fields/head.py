"""Edits of front matter in place: one key at a time, everything else byte for byte as it was."""

from collections.abc import Sequence
from dataclasses import dataclass

import yaml

from portal.documents.fields import sequences
from portal.documents.fields.definition import FieldSpec, Shape
from portal.documents.fields.scalars import block, is_null, written
from portal.documents.front_matter.yaml import compose_yaml, scalar_text


class CannotWrite(Exception):
    """The notation of this file does not allow the edit."""


@dataclass(frozen=True)
class Entry:
    """A key of the top level, with its nodes."""

    key: yaml.ScalarNode
    node: yaml.Node

    @property
    def name(self) -> str:
        return scalar_text(self.key)


def entries_of(source: str) -> list[Entry]:
    """The keys of a front matter. Raises CannotWrite for one in braces."""
    root = compose_yaml(source)
    if root is None:
        return []
    if not isinstance(root, yaml.MappingNode) or root.flow_style:
        raise CannotWrite
    return [Entry(key, node) for key, node in root.value if isinstance(key, yaml.ScalarNode)]


def value_of(node: yaml.Node, spec: FieldSpec) -> str:
    """On one line, or one item a line. Raises CannotWrite for a value of another shape."""
    if is_null(node):
        return ""
    if isinstance(node, yaml.ScalarNode):
        text = scalar_text(node)
        parts = text.split(",") if spec.shape.is_list else [text]
    elif spec.shape.is_list and isinstance(node, yaml.SequenceNode):
        parts = [scalar_text(each) for each in node.value if isinstance(each, yaml.ScalarNode)]
        if len(parts) != len(node.value):
            raise CannotWrite
    else:
        raise CannotWrite
    return "\n".join(line for part in parts if (line := " ".join(part.split())))


def with_value(source: str, spec: FieldSpec, value: str, order: Sequence[str]) -> str:
    """The front matter with another value. `order` is that of keys, for a new one.

    Raises CannotWrite.
    """
    entries = entries_of(source)
    found = next((each for each in entries if each.name in spec.keys), None)
    if found is None:
        return _with_new(source, entries, spec, value, order) if value else source
    if not value and not spec.keeps_key:
        return _without(source, entries, found)
    if spec.shape.is_list and not _fits_scalar(found.node, value):
        return _with_list(source, found, value)
    text = ", ".join(value.split("\n")) if spec.shape.is_list else value
    return _with_scalar(source, found, text, is_text=_is_text(spec))


def _is_text(spec: FieldSpec) -> bool:
    return spec.shape not in (Shape.TIME, Shape.DAY)


def _fits_scalar(node: yaml.Node, value: str) -> bool:
    is_line = isinstance(node, yaml.ScalarNode) and not is_null(node)
    return not value or (is_line and "," not in value)


def _with_scalar(source: str, entry: Entry, value: str, *, is_text: bool) -> str:
    colon, node = _colon(source, entry), entry.node
    if is_null(node) and node.start_mark.index >= node.end_mark.index:
        start = end = colon
    else:
        start, end = node.start_mark.index, _content_end(source, node)
    if not value:
        return source[:colon] + source[end:]
    if isinstance(node, yaml.ScalarNode) and node.style in ("|", ">"):
        return source[:start] + _as_block(source, node, value) + source[end:]
    style = node.style if isinstance(node, yaml.ScalarNode) else None
    return f"{source[:colon]} {written(value, style=style, is_text=is_text)}{_rest(source, end)}"


def _with_list(source: str, entry: Entry, value: str) -> str:
    items, node = value.split("\n") if value else [], entry.node
    colon = _colon(source, entry)
    if not isinstance(node, yaml.SequenceNode):
        end = colon if node.start_mark.index >= node.end_mark.index else node.end_mark.index
        return f"{source[:colon]} {sequences.in_brackets(items)}{_rest(source, end)}"
    start, end = node.start_mark.index, node.end_mark.index
    if node.flow_style:
        if "#" in source[start:end] and "\n" in source[start:end]:
            raise CannotWrite
        return source[:start] + sequences.flow(source, node, items) + source[end:]
    return sequences.with_items(source, node, items)


def _as_block(source: str, node: yaml.ScalarNode, value: str) -> str:
    header, *lines = source[node.start_mark.index : node.end_mark.index].split("\n")
    first = next((line for line in lines if line.strip()), "  ")
    return block(value, header, first[: len(first) - len(first.lstrip())] or "  ")


def _content_end(source: str, node: yaml.Node) -> int:
    """Without the line ends and blank lines that belong to a block."""
    start, end = node.start_mark.index, node.end_mark.index
    return start + len(source[start:end].rstrip("\n \t")) if end > start else end


def _rest(source: str, end: int) -> str:
    """What follows a value; blanks at the end of its line are dropped."""
    line, newline, after = source[end:].partition("\n")
    return (line if line.strip() else "") + newline + after


def _colon(source: str, entry: Entry) -> int:
    """The offset after the colon of a key."""
    at = source.find(":", entry.key.end_mark.index)
    if at < 0:
        raise CannotWrite
    return at + 1


def _with_new(
    source: str, entries: list[Entry], spec: FieldSpec, value: str, order: Sequence[str]
) -> str:
    items = value.split("\n")
    text = (
        sequences.in_brackets(items)
        if spec.shape.is_list
        else written(value, is_text=_is_text(spec))
    )
    indent = " " * entries[0].key.start_mark.column if entries else ""
    line = f"{indent}{spec.keys[0]}: {text}\n"
    before = set(order[: order.index(spec.keys[0])]) if spec.keys[0] in order else set()
    above = [at for at, each in enumerate(entries) if each.name in before]
    if above:
        at = _end_of(source, entries, above[-1])
    else:
        at = entries[0].key.start_mark.index - len(indent) if entries else len(source)
    head = source[:at]
    return head + ("\n" if head and not head.endswith("\n") else "") + line + source[at:]


def _without(source: str, entries: list[Entry], entry: Entry) -> str:
    start = entry.key.start_mark.index - entry.key.start_mark.column
    return source[:start] + source[_end_of(source, entries, entries.index(entry)) :]


def _end_of(source: str, entries: list[Entry], at: int) -> int:
    """Where the lines of an entry end: comments and blank lines before the next one are not its."""
    start = entries[at].key.start_mark.index
    later = [each.key.start_mark for each in entries[at + 1 : at + 2]]
    end = later[0].index - later[0].column if later else len(source)
    lines = source[start:end].splitlines(keepends=True)
    while len(lines) > 1 and (not lines[-1].strip() or lines[-1].lstrip().startswith("#")):
        lines.pop()
    return start + sum(len(line) for line in lines)
