"""The YAML subset of front matter: plain values, and the line of every key.

Only short integers are parsed as numbers. Anything else that YAML reads as one (14:30, 0x10, 1e9, a
million digits) stays the text as written, for the caller to validate.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import yaml

_INT = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,14})$")
_FLOAT = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,14})\.[0-9]{1,15}$")
_BOOL = re.compile(r"(?:true|True|TRUE|false|False|FALSE)$")
_TAG = "tag:yaml.org,2002:"
_OWN = ("bool", "int", "float")
_ODD = (ValueError, ArithmeticError, LookupError, AttributeError, TypeError)

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Key:
    """A key at any depth: `path` leads to it, `line` is its line of the YAML, from 1."""

    path: Path
    line: int

    @property
    def name(self) -> str:
        return str(self.path[-1])


@dataclass(frozen=True)
class Reading:
    value: Any
    keys: tuple[Key, ...] = ()

    @property
    def doubled(self) -> list[Key]:
        """Each key that repeats an earlier one."""
        seen: Counter[Path] = Counter()
        found = []
        for key in self.keys:
            seen[key.path] += 1
            if seen[key.path] > 1:
                found.append(key)
        return found


class _Loader(yaml.SafeLoader):
    """Without anchors and aliases: ten lines of them can expand to a terabyte."""

    yaml_implicit_resolvers = {
        letter: [each for each in found if each[0] not in {f"{_TAG}{kind}" for kind in _OWN}]
        for letter, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.composer.ComposerError(None, None, "it refers to another value", mark)
        return super().compose_node(parent, index)

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        for key, _value in node.value:
            if key.tag == f"{_TAG}merge":
                raise yaml.constructor.ConstructorError(
                    None, None, "it takes over another value", key.start_mark
                )
        super().flatten_mapping(node)


def read_yaml(source: str) -> Reading:
    """Raises yaml.YAMLError; malicious input may raise RecursionError or another error."""
    loader = _Loader(source)
    try:
        node = loader.get_single_node()
        if node is None:
            return Reading(None)
        keys = tuple(_keys(node, ()))
        return Reading(loader.construct_document(node), keys)
    finally:
        loader.dispose()


def compose_yaml(source: str) -> yaml.Node | None:
    """The node tree with its places in the source; the same values are read as by `read_yaml`.

    Raises as `read_yaml` does.
    """
    loader = _Loader(source)
    try:
        node: yaml.Node | None = loader.get_single_node()
        return node
    finally:
        loader.dispose()


def scalar_text(node: yaml.ScalarNode) -> str:
    """A value as its author wrote it, without quotation marks."""
    raw = str(node.value).encode("utf-16-le", "surrogatepass")
    return raw.decode("utf-16-le", "replace")


def _keys(node: yaml.Node, path: Path) -> Iterator[Key]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            here = (*path, str(key.value))
            yield Key(here, key.start_mark.line + 1)
            yield from _keys(value, here)
    elif isinstance(node, yaml.SequenceNode):
        for at, item in enumerate(node.value):
            yield from _keys(item, (*path, at))


def _tolerant(construct: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Wrap a constructor: an invalid value (a date that does not exist) stays text."""

    def constructed(loader: Any, node: Any) -> Any:
        try:
            return construct(loader, node)
        except _ODD:
            return str(node.value)

    return constructed


def _text(loader: Any, node: Any) -> str:
    """The text with surrogate pairs joined, as JSON escapes them; a lone surrogate, which no page
    can contain, is replaced.
    """
    loader.construct_scalar(node)
    return scalar_text(node)


def _int(loader: Any, node: Any) -> int | str:
    text = _text(loader, node)
    return int(text) if _INT.match(text) else text


def _float(loader: Any, node: Any) -> float | str:
    text = _text(loader, node)
    return float(text) if _FLOAT.match(text) else text


def _bool(loader: Any, node: Any) -> bool | str:
    text = _text(loader, node)
    return text.lower() == "true" if _BOOL.match(text) else text


_Loader.add_constructor(f"{_TAG}str", _text)
_Loader.add_constructor(f"{_TAG}timestamp", _tolerant(_Loader.construct_yaml_timestamp))
for _kind, _construct, _pattern, _letters in (
    ("int", _int, _INT, "-+0123456789"),
    ("float", _float, _FLOAT, "-+0123456789"),
    ("bool", _bool, _BOOL, "tTfF"),
):
    _Loader.add_constructor(f"{_TAG}{_kind}", _construct)
    _Loader.add_implicit_resolver(f"{_TAG}{_kind}", _pattern, list(_letters))
