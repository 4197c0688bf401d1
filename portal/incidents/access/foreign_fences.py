"""Markers of other tools for restricted parts of a text: `:::internal`, `!!! staff`."""

import re
from html import unescape

from portal.incidents.access.reader_keys import folded

_WHO = (
    r"(?:internal(?:[ _-]?only)?|intern|staff(?:[ _-]?only)?|private|confidential|restricted|secret"
    r"|audience|clients?|team[ _-]?only|hidden|redacted?|public)"
)
_SIDE = r"(?:begin|start|open|end|stop|close|if|only|block|section|for|not|unless|audience|class)"
_PARTS = rf"[\W_]*(?:{_SIDE}[\W_]+)*{_WHO}\b(?:[\W_]+[\w-]+){{0,3}}[\W_]*"
_QUOTE = r"[\s>]*(?:(?:[-+*]|\d+[.)])\s+)*"
#: A marker followed on its line by the name of a reader.
_MARKED = re.compile(
    rf"{_QUOTE}(?::{{2,}}|!{{3,}}|\?{{3,}}|\\{{1,}}|\+{{3,}}|~{{3,}}|`{{3,}}|%{{2,}}|={{3,}}"
    rf"|;{{2,}}|\|{{2,}}|&{{2,}}|\${{2,}}|>{{3,}}|<{{3,}}|-{{3,}}|\^{{2,}}|/{{1,}}|\{{\{{?[%<#{{]?"
    rf"|<!-{{2,}}|\[!|@{{1,}}|#\+){_PARTS}$"
)
#: The same in brackets, alone on the line.
_BRACKETED = re.compile(
    rf"{_QUOTE}(?:\[/?{_PARTS}\]|\{{/?{_PARTS}\}}|</?{_WHO}(?:\s[^<>]*)?>|<{_PARTS}>)\s*$"
)
_TAG = re.compile(
    r"\s*</?[a-z][\w-]*(?=[^<>]*\b(?:class|id|role|title|data-[\w-]+|audience)\s*=\s*[\"']?"
    r"[^\"'<>]*\b(?:internal|staff|private|confidential|clients?)\b)[^<>]*>"
)
_TITLED = re.compile(rf"{_QUOTE}:{{3,}}\s*[\w{{.}}-]+{_PARTS}$")
_COLONS = re.compile(rf"{_QUOTE}:{{3,}}\s*[\{{.]*([\w-]+)")
#: Two slashes where a marker would begin, or one on each side of a letter or two.
_STROKES = re.compile(r"[^:/]{0,3}//|\s*/\S{0,2}/|\s*\\{2,}\s*$")
#: Characters that look like our slashes.
_SLANTED = dict.fromkeys(map(ord, "\u2044\u2215\u2571\u29f8\u27cb\u1735\u3033\u30ce\u4e3f"), "/")
_HARMLESS = {
    *("note", "tip", "info", "warning", "danger", "caution", "important", "details", "success"),
    *("question", "example", "quote", "abstract", "summary", "bug", "failure", "error", "hint"),
    *("attention", "seealso", "admonition", "callout", "tabs", "tab", "columns", "column"),
}


def foreign_fence(line: str) -> bool:
    """Whether the line may begin or end a restricted part in a foreign notation."""
    text = folded(unescape(line)) if len(line) <= 300 else ""
    if not text.strip() or text.lstrip(" >\t")[:1].isalnum():
        return False
    if _MARKED.match(text) or _BRACKETED.match(text) or _TAG.match(text):
        return True
    if _TITLED.match(text):
        return True
    colons = _COLONS.match(text)
    return bool(colons and colons[1] not in _HARMLESS)


def stray_strokes(line: str) -> bool:
    """Whether the line resembles a block marker but neither begins nor ends a block."""
    return len(line) <= 120 and bool(_STROKES.match(folded(unescape(line)).translate(_SLANTED)))
