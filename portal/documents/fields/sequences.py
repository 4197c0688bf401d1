"""Lists of YAML: in brackets, or an item a line. Items that stay keep their notation."""

from collections.abc import Sequence
from difflib import SequenceMatcher

import yaml

from portal.documents.fields.scalars import written
from portal.documents.front_matter.yaml import scalar_text


def in_brackets(items: Sequence[str]) -> str:
    return f"[{', '.join(written(item, in_list=True) for item in items)}]"


def flow(source: str, node: yaml.SequenceNode, items: Sequence[str]) -> str:
    """A list in brackets with these items."""
    there = {
        _value(each): source[each.start_mark.index : each.end_mark.index] for each in node.value
    }
    return f"[{', '.join(there.get(item) or written(item, in_list=True) for item in items)}]"


def with_items(source: str, node: yaml.SequenceNode, items: Sequence[str]) -> str:
    """The source with other items in a list of lines; comments between them stay."""
    chunks, first, after = _chunks(source, node)
    indent = " " * node.start_mark.column
    old, new = [_value(each) for each in node.value], list(items)
    lines: list[str] = []
    for tag, i, i_end, j, j_end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            lines += chunks[i:i_end]
        else:
            lines += [f"{indent}- {written(item)}\n" for item in new[j:j_end]]
            lines += [_comments(chunk) for chunk in chunks[i:i_end]]
    return source[:first] + "".join(lines) + source[after:]


def _chunks(source: str, node: yaml.SequenceNode) -> tuple[list[str], int, int]:
    """The lines of each item, and where they begin and end."""
    starts = [_line_start(source, each.start_mark.index) for each in node.value]
    last = source.find("\n", max(node.value[-1].end_mark.index - 1, starts[-1]))
    ends = [*starts[1:], last + 1 if last >= 0 else len(source)]
    return [source[a:b] for a, b in zip(starts, ends, strict=True)], starts[0], ends[-1]


def _line_start(source: str, at: int) -> int:
    return source.rfind("\n", 0, at) + 1


def _comments(chunk: str) -> str:
    """The lines of their own below an item that is gone."""
    lines = chunk.splitlines(keepends=True)[1:]
    return "".join(line for line in lines if line.lstrip().startswith("#"))


def _value(node: yaml.Node) -> str:
    return " ".join(scalar_text(node).split()) if isinstance(node, yaml.ScalarNode) else ""
