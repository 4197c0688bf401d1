"""Turns a YAML error into one sentence that quotes the text and names the fix."""

import re
from collections.abc import Callable

import yaml

#: Characters of a line that are quoted.
_QUOTED = 70
_PAIR = re.compile(r"\s*(?:-[ ]+)?[\"']?([\w.-][^:\"']{0,40}?)[\"']?\s*:[ \t]+(.*)$")
_GLUED = re.compile(r"\s*(?:-[ ]+)?([\w-]+)[:\uff1a](?!//)(\S.*)$")
_NESTED = "it is nested too deeply"


def explained(error: Exception, source: str) -> tuple[int, str]:
    """The line of the YAML, from 1, and how to fix it."""
    if not isinstance(error, yaml.YAMLError):
        return 1, _NESTED if isinstance(error, RecursionError) else "a value can't be read"
    problem = str(getattr(error, "problem", "") or getattr(error, "reason", "") or "")
    context = str(getattr(error, "context", "") or "")
    at = _line(
        error, source, opened="could not find expected ':'" in problem or "quoted" in context
    )
    lines = source.split("\n")
    begun = getattr(getattr(error, "context_mark", None), "line", at)
    written = next((lines[n] for n in (at, begun) if n < len(lines) and lines[n].strip()), "")
    for sign, sentence in _SENTENCES.items():
        if sign in problem or sign in context:
            return at + 1, sentence(written, problem)
    return at + 1, _else(written, problem)


def quoted(written: object) -> str:
    """The text as in the file, shortened if long."""
    words = {True: "true", False: "false", None: ""}
    text = words[written] if written is None or isinstance(written, bool) else str(written)
    line = " ".join(text.split())
    return f"“{line}”" if len(line) <= _QUOTED else f"“{line[:_QUOTED]}…”"


def _line(error: yaml.YAMLError, source: str, *, opened: bool) -> int:
    """The line, from 0; with `opened` where the construct began, not where its end was missed."""
    marks = (getattr(error, "context_mark", None), getattr(error, "problem_mark", None))
    mark = (marks[0] or marks[1]) if opened else (marks[1] or marks[0])
    if mark is not None:
        return int(mark.line)
    return source.count("\n", 0, max(0, int(getattr(error, "position", 0) or 0)))


def _key(written: str) -> str:
    found = _PAIR.match(written) or _GLUED.match(written)
    return f"the {found[1].strip()}" if found else "the value"


def _in_quotes(written: str) -> str:
    """The line with its value quoted, which can be parsed."""
    found = _PAIR.match(written)
    if not found or len(found[2]) > _QUOTED:
        return ""
    mark = "'" if '"' in found[2] else '"'
    value = found[2].strip().replace("'", "''") if mark == "'" else found[2].strip()
    return f", as in {found[1].strip()}: {mark}{value}{mark}"


def _second_colon(written: str, _problem: str) -> str:
    found = _PAIR.match(written)
    if found and (": " in found[2] or found[2].rstrip().endswith(":")):
        return (
            f"{quoted(written)} has a second colon; put quotes around {_key(written)}"
            f"{_in_quotes(written)}"
        )
    return (
        f"{quoted(written)} is indented more than the keys around it, or follows a line that "
        "needs quotes; begin it where they begin"
    )


def _no_colon(written: str, _problem: str) -> str:
    if found := _GLUED.match(written):
        return (
            f"{quoted(written)} has no blank behind the colon; "
            f"write “{found[1]}: {found[2].strip()[:_QUOTED]}”"
        )
    return f"{quoted(written)} has no colon with a blank behind it; write it as “key: value”"


def _start(written: str, problem: str) -> str:
    if r"'\t'" in problem or "\t" in written:
        return f"{quoted(written)} holds a tab; write blanks in its place"
    return f"{quoted(written)}: put quotes around {_key(written)}{_in_quotes(written)}"


def _special(written: str, problem: str) -> str:
    return "it holds a character that no text may hold; delete it"


def _refers(written: str, _problem: str) -> str:
    return (
        f"it refers to another value in {quoted(written)}, which is not read here; "
        "write the value, or quotes around it"
    )


def _fixed(sentence: str) -> Callable[[str, str], str]:
    return lambda written, _problem: f"{quoted(written)}: {sentence}"


def _else(written: str, problem: str) -> str:
    why = f" ({problem})" if problem else ""
    return f"{quoted(written)}{why}; put quotes around {_key(written)}"


_BRACKETS = _fixed("a bracket is not closed, or a comma is missing; put quotes around plain text")
_SENTENCES: dict[str, Callable[[str, str], str]] = {
    "it refers to another value": _refers,
    "it takes over another value": _fixed("“<<” is not read here; write the keys themselves"),
    "mapping values are not allowed": _second_colon,
    "could not find expected ':'": _no_colon,
    "special characters are not allowed": _special,
    "unacceptable character": _special,
    "that cannot start any token": _start,
    "found unknown escape character": _fixed(
        "a backslash in double quotes begins a special letter; use single quotes"
    ),
    "quoted scalar": _fixed("the quotes that begin here are not closed; close them on the line"),
    "could not determine a constructor": _fixed(
        "“!” begins a tag, which is not read here; put quotes around the value"
    ),
    "found unhashable key": _fixed("text that begins with { or [ needs quotes; put them around it"),
    "expected ',' or": _BRACKETS,
    "expected the node content": _BRACKETS,
    "sequence entries are not allowed": _fixed(
        "a list begins on a line of its own; put quotes around plain text"
    ),
    "expected <block end>": _fixed(
        "it does not belong there; look for quotes that end too early, and begin all keys at the "
        "left edge"
    ),
    "expected a single document": _fixed("a second “---” begins here; keep one front matter"),
    "expected alphabetic or numeric": _fixed(
        "text that begins with * or & needs quotes; put them around it"
    ),
    "expected chomping": _fixed("behind > or | the text begins on the next line"),
}
