"""Finds malformed front matter: other fences and formats, text above it, no end.

It is never read as front matter. The result is the line on which it begins and why it was not read.
"""

import re
from unicodedata import category, normalize

from portal.documents.markdown.blocks.blocks import split_lines

#: Lines within which front matter may begin.
_HEAD = 80
_DASH = "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u30fc\u2500\u2501"
_RULE = re.compile(rf"\s*(?:[{_DASH}]\s*){{2,}}$|\s*[{_DASH[1:]}]\s*$|\s*[{_DASH}]{{3,}}")
_OTHER = re.compile(r"\s*(?:\+\+\+|;;;|%[A-Za-z]|\{(?![{%]))")
_FENCE = re.compile(r"\s*(?:`{3,}|~{3,})\s*\{?\.?([\w-]*)")
_DATA = {"yaml", "yml", "toml", "json", "frontmatter", "front-matter", "meta", "metadata"}
_PAIR = re.compile(
    r"[\s>*+:@#\"'\u201c\u2018({\[-]*([A-Za-z][\w-]{0,30})[\"'\u201d\u2019]?[ \t]*"
    r"(?::(?!//|[\d:])|=(?!=))[ \t]*(?!//)"
)
_KEY = re.compile(r"[\"']?[A-Za-z][\w-]{0,30}[\"']?[ \t]*[:=]")
_GOES_ON = re.compile(rf"{_KEY.pattern}|[ \t]|[ \t]*$|[ \t]*#|-[ \t]|[\]}}]")
_CLOSES = re.compile(rf"\s*(?:[{_DASH}]{{2,}}|\.\.\.|\+\+\+)\s*$")
_KNOWN = {
    *("title", "date", "id", "slug", "audience", "client", "clients", "status", "severity"),
    *("draft", "published", "visibility", "summary", "tags", "author", "layout", "categories"),
    *("description", "started", "resolved", "affected", "zone", "updates", "type"),
}
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.S)

NEVER_CLOSED = (
    "Front matter begins here and is never closed; put --- on a line of its own after it."
)
ABOVE = "Front matter begins on the first line of the file; remove what is above it."
PLAIN = "These lines look like front matter; put --- on a line of its own before and after them."
SECOND = "This looks like a second front matter; put all of it between the first two ---."
FENCED = "Front matter goes between two lines of exactly ---, not in this notation."


def visible(text: str) -> str:
    """The text in NFKC form without invisible characters; all blanks become spaces."""
    if text.isascii() and "\0" not in text:
        return text
    kept = (char for char in normalize("NFKC", text) if category(char) not in ("Cf", "Cc"))
    return "".join(" " if category(char) == "Zs" else char for char in kept)


def looks_like_front_matter(text: str) -> tuple[int, str] | None:
    """Line and sentence, for a text without valid front matter."""
    comment = _COMMENT.match(text.lstrip("\ufeff \t\n"))
    lines = [visible(line) for line in split_lines(_blanked(text))[:_HEAD]]
    first = next((at for at, line in enumerate(lines) if line.strip()), None)
    if first is None:
        return None
    line = lines[first]
    if _RULE.match(line):
        exact = first == 0 and text.startswith("---") and line.rstrip() == "---"
        above = ABOVE if first or comment else FENCED
        return first + 1, NEVER_CLOSED if exact else above
    if _OTHER.match(line) or _is_data(lines, first):
        return first + 1, FENCED
    if line.lstrip().startswith("#") and (below := _below_comments(lines, first)):
        return below, ABOVE
    return (first + 1, PLAIN) if _is_pairs(lines, first) else None


def looks_like_another(body: str) -> tuple[int, str] | None:
    """Line and sentence, for a body that begins with a second front matter."""
    lines = [visible(line) for line in split_lines(_blanked(body))[:_HEAD]]
    first = next((at for at, line in enumerate(lines) if line.strip()), None)
    if first is None:
        return None
    at = first + 1 if _RULE.match(lines[first]) else first
    while at < len(lines) and not lines[at].strip():
        at += 1
    begins = _OTHER.match(lines[first]) or _is_data(lines, first)
    ruled = at > first and _is_pairs(lines, at)
    return (first + 1, SECOND) if begins or ruled or _ends_like_one(lines, first) else None


def _ends_like_one(lines: list[str], at: int) -> bool:
    """Whether lines of keys and their values run down to a rule."""
    if not _KEY.match(lines[at]):
        return False
    below = next((n for n in range(at, len(lines)) if not _GOES_ON.match(lines[n])), len(lines))
    return below < len(lines) and bool(_CLOSES.match(lines[below]))


def _blanked(text: str) -> str:
    """The text with comments at its head replaced by blank lines."""
    while found := _COMMENT.match(text, len(text) - len(text.lstrip("\ufeff \t\n"))):
        kept = re.sub(r"[^\n]", " ", found[0])
        text = f"{text[: found.start()]}{kept}{text[found.end() :]}"
        if not kept:
            break
    return text


def _is_data(lines: list[str], at: int) -> bool:
    """Whether a code fence with data starts the text."""
    found = _FENCE.match(lines[at])
    if not found:
        return False
    inside = lines[at + 1] if at + 1 < len(lines) else ""
    named = found[1].lower() in _DATA
    return named or bool(_RULE.match(inside) or _OTHER.match(inside)) or _is_pairs(lines, at + 1)


def _below_comments(lines: list[str], at: int) -> int | None:
    """The line, from 1, of a rule that is preceded by `#` comments and followed by keys."""
    while at < len(lines) and (not lines[at].strip() or lines[at].lstrip().startswith("#")):
        at += 1
    rule = at < len(lines) and _RULE.match(lines[at])
    return at + 1 if rule and _is_pairs(lines, at + 1, few=1) else None


def _is_pairs(lines: list[str], at: int, few: int = 2) -> bool:
    """Whether the lines are “key: value”: at least `few` of them, or one with a common key."""
    found = [_PAIR.match(line) for line in lines[at : at + few]]
    if not found or not found[0]:
        return False
    return found[0][1].lower() in _KNOWN or (len(found) == few and all(found))
