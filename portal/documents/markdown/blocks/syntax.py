"""Patterns that start and end Markdown blocks, from the CommonMark and GFM specifications."""

import re

RULE = re.compile(r"(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,})$")
_HEADING = re.compile(r"(#{1,6})(?![^ 	])")
UNDERLINE = re.compile(r"(=+|-+)[ \t]*$")
FENCE = re.compile(r"(`{3,})([^`]*)$|(~{3,})(.*)$")
BULLET = re.compile(r"([-+*])(?=[ \t]|$)|(\d{1,9})([.)])(?=[ \t]|$)")
FOOTNOTE = re.compile(r"\[\^([^\]\s]+)\]:[ \t]*")
_DASHES = re.compile(r":?-+:?")
ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
DEFINITION = re.compile(
    r"\[(?P<label>(?:[^\[\]\\]|\\.){1,999})\]:[ \t]*\n?[ \t]*"
    r"(?:<(?P<angled>[^<>\n]*)>|(?P<url>[^\s<]\S*))"
    r"(?:(?:[ \t]*\n[ \t]*|[ \t]+)(?P<title>"
    r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|\((?:[^()\\]|\\.)*\)))?"
    r"[ \t]*(?:\n|$)"
)

_ATTRIBUTE = r"""\s+[a-zA-Z_:][\w.:-]*(?:\s*=\s*(?:[^\s"'=<>`]+|'[^']*'|"[^"]*"))?"""
_TAG = rf"<[a-zA-Z][a-zA-Z0-9-]*(?:{_ATTRIBUTE})*\s*/?>|</[a-zA-Z][a-zA-Z0-9-]*\s*>"
#: The part after brackets that makes them a link: `(address "title")`.
ADDRESS = re.compile(
    r"\(\s*(?:<(?P<angled>[^<>\n]*)>|(?P<bare>(?:[^\s()<]|(?<!\()<|"
    r"\((?:[^\s()]|\((?:[^\s()]|\([^\s()]*\))*\))*\))*))"
    r"(?:\s+(?P<title>\"[^\"]*\"|'[^']*'|\([^()]*\)))?\s*\)"
)
AUTOMATIC_LINK = r"<([A-Za-z][A-Za-z0-9+.-]{1,31}:[^\s<>]*)>"
INLINE_HTML = (
    rf"({_TAG}|<!--(?:-?>|(?:(?!-->)[\s\S])*-->)|<\?(?:(?!\?>)[\s\S])*\?>|"
    r"<![A-Za-z][^>]*>|<!\[CDATA\[(?:(?!\]\]>)[\s\S])*\]\]>)"
)
_BLOCK_TAGS = (
    "address|article|aside|base|basefont|blockquote|body|caption|center|col|colgroup|dd|details|"
    "dialog|dir|div|dl|dt|fieldset|figcaption|figure|footer|form|frame|frameset|h[1-6]|head|"
    "header|hr|html|iframe|legend|li|link|main|menu|menuitem|nav|noframes|ol|optgroup|option|p|"
    "param|section|source|summary|table|tbody|td|tfoot|th|thead|title|tr|track|ul"
)
_RAW = "script|pre|style|textarea"
_BLANK = re.compile(r"\s*$")
#: Start and end of the seven kinds of HTML block; the last one may not interrupt a paragraph.
HTML_KINDS = [
    (re.compile(rf"<(?:{_RAW})(?:\s|>|$)", re.I), re.compile(rf"</(?:{_RAW})>", re.I)),
    (re.compile(r"<!--"), re.compile(r"-->")),
    (re.compile(r"<\?"), re.compile(r"\?>")),
    (re.compile(r"<![a-zA-Z]"), re.compile(r">")),
    (re.compile(r"<!\[CDATA\["), re.compile(r"\]\]>")),
    (re.compile(rf"</?(?:{_BLOCK_TAGS})(?:\s|/?>|$)", re.I), _BLANK),
    (re.compile(rf"(?:{_TAG})\s*$"), _BLANK),
]  # fmt: skip


def html_end(text: str, *, in_paragraph: bool) -> re.Pattern[str] | None:
    """The end pattern of the HTML block that `text` starts, if it starts one."""
    if not text.startswith("<"):
        return None
    kinds = HTML_KINDS[:-1] if in_paragraph else HTML_KINDS
    return next((end for start, end in kinds if start.match(text)), None)


def ends_on_blank(end: re.Pattern[str]) -> bool:
    return end is _BLANK


def without_definitions(text: str) -> str:
    """The text of a paragraph after its leading link definitions."""
    while found := DEFINITION.match(text):
        text = text[found.end() :]
    return text


def heading(text: str) -> tuple[int, str] | None:
    """Level and text of `## Words ##`."""
    found = _HEADING.match(text)
    if not found:
        return None
    words = text[found.end() :].strip(" \t")
    without = words.rstrip("#")
    closed = len(without) < len(words) and (not without or without[-1] in " \t")
    return len(found[1]), (without.rstrip(" \t") if closed else words)


def table_columns(line: str) -> int:
    """The number of columns of a delimiter row; 0 if the line is none."""
    if not set(line) <= set("|:- \t"):
        return 0
    cells = split_row(line)
    return len(cells) if all(_DASHES.fullmatch(cell) for cell in cells) else 0


def split_row(line: str) -> list[str]:
    r"""The cells of a table row; `\|` is a literal bar inside a cell, in code as well."""
    cells = [""]
    for part in re.split(r"(\\\||\|)", line.strip()):
        if part == "|":
            cells.append("")
        else:
            cells[-1] += "|" if part == "\\|" else part
    if not cells[0].strip() and len(cells) > 1:
        cells.pop(0)
    if len(cells) > 1 and not cells[-1].strip():
        cells.pop()
    return [cell.strip() for cell in cells]
