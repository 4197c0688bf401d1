"""Parses front matter: its limits, its values, and the parts that were not read."""

import re
from dataclasses import dataclass, replace
from typing import Any

import yaml

from portal.core.errors import Invalid
from portal.documents.front_matter.lookalikes import looks_like_another, looks_like_front_matter
from portal.documents.front_matter.yaml import Key, Reading, read_yaml
from portal.documents.front_matter.yaml_errors import explained, quoted

FRONT_MATTER = re.compile(r"---[ \t]*\n(.*?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.S | re.M)
_BROKEN = (yaml.YAMLError, ValueError, ArithmeticError, LookupError, TypeError, AttributeError)


@dataclass(frozen=True)
class Fault:
    """Why front matter or something similar was not read: a line of the file, and a sentence."""

    line: int
    message: str


@dataclass(frozen=True)
class Head:
    """`source` is the YAML, which begins on line 2 of the file. The body is the Markdown after it.

    `keys` are the keys at any depth, with their line of the file.
    """

    meta: dict[str, Any]
    body: str
    body_line: int
    source: str = ""
    keys: tuple[Key, ...] = ()
    faults: tuple[Fault, ...] = ()


def split(text: str, name: str) -> Head:
    """Raises Invalid with file and line for front matter that can't be parsed at all."""
    found = FRONT_MATTER.match(text)
    if not found:
        return Head({}, text, 1, faults=_faults(looks_like_front_matter(text)))
    reading = _loaded(found[1], name)
    if reading.value is not None and not isinstance(reading.value, dict):
        message = "The text between the two --- is no list of “key: value”, so it was not read."
        return Head({}, text, 1, faults=(Fault(1, message),))
    after = text[found.end() :]
    body = after.lstrip("\n")
    line = text.count("\n", 0, found.end()) + len(after) - len(body) + 1
    return Head(
        meta={str(key): value for key, value in (reading.value or {}).items()},
        body=body,
        body_line=line,
        source=found[1],
        keys=tuple(replace(key, line=key.line + 1) for key in reading.keys),
        faults=(*_doubled(reading), *_another(body, line - 1)),
    )


def front_matter(text: str) -> str:
    """The YAML between the first two rules; empty if there is none."""
    found = FRONT_MATTER.match(text)
    return found[1] if found else ""


def _faults(found: tuple[int, str] | None) -> tuple[Fault, ...]:
    return (Fault(*found),) if found else ()


def _another(body: str, above: int) -> tuple[Fault, ...]:
    """`above` is the number of lines of the file before the body."""
    found = looks_like_another(body)
    return (Fault(above + found[0], found[1]),) if found else ()


def _doubled(reading: Reading) -> list[Fault]:
    return [
        Fault(key.line + 1, f"The key {quoted(key.name)} is given twice; keep one of them.")
        for key in reading.doubled
    ]


def _loaded(source: str, name: str) -> Reading:
    try:
        return read_yaml(source)
    except (*_BROKEN, RecursionError) as error:
        line, sentence = explained(error, source)
        place = line + 1 if isinstance(error, yaml.YAMLError) else 1
        raise Invalid(
            f"{name}, line {place}: the front matter can't be read: {sentence}."
        ) from error
