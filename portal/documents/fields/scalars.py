"""Values as YAML writes them, in the style in which they are there already."""

import json
import re
import textwrap

import yaml

from portal.documents.front_matter.yaml import compose_yaml, scalar_text

_STR = "tag:yaml.org,2002:str"
_ODD = re.compile(
    r"[^\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
_WIDTH = 100


def written(
    value: str, *, style: str | None = None, in_list: bool = False, is_text: bool = True
) -> str:
    """The value on one line; plain, unless it would be read as something else. `style` is the
    quotation mark in use; with `is_text` a number or a date is quoted as well.
    """
    if style == "'" and not _ODD.search(value):
        return "'" + value.replace("'", "''") + "'"
    if style != '"' and _is_plain(value, in_list=in_list, is_text=is_text):
        return value
    return _quoted(value)


def block(value: str, header: str, indent: str) -> str:
    """As the lines of a block after its header, such as `>-`."""
    lines = textwrap.wrap(
        value, max(_WIDTH - len(indent), 20), break_long_words=False, break_on_hyphens=False
    )
    return "\n".join([header, *(f"{indent}{line}" for line in lines)])


def is_null(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:null"


def _is_plain(value: str, *, in_list: bool, is_text: bool) -> bool:
    try:
        root = compose_yaml(f"[{value}]" if in_list else f"key: {value}\n")
    except (yaml.YAMLError, ValueError):
        return False
    node = _only(root)
    if node is None or node.style is not None or is_null(node):
        return False
    return scalar_text(node) == value and (node.tag == _STR or not is_text)


def _only(root: yaml.Node | None) -> yaml.ScalarNode | None:
    """The only scalar of a list, or of a mapping with one key."""
    if not isinstance(root, yaml.CollectionNode) or len(root.value) != 1:
        return None
    found = root.value[0][1] if isinstance(root, yaml.MappingNode) else root.value[0]
    return found if isinstance(found, yaml.ScalarNode) else None


def _quoted(value: str) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return _ODD.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
