"""Inputs of a run, entered before it starts: `target: choice development|production required`."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from fnmatch import fnmatchcase

from portal.core.errors import Invalid
from portal.runbooks.engine.registry import known_targets
from portal.runbooks.format.conditions import unquoted

LONGEST = 2000
_NAME = re.compile(r"[A-Za-z][\w-]*")
_WORD = re.compile(r"""([a-z]+)=("[^"]*"|'[^']*'|\S+)|(\S+)""")
_OPTIONS = {"pattern", "label", "default", "hint"}


class InputKind(StrEnum):
    TEXT = "text"
    NUMBER = "number"
    CHOICE = "choice"
    FLAG = "flag"
    DATE = "date"


@dataclass(frozen=True)
class Input:
    name: str
    kind: InputKind
    label: str
    line: int
    hint: str = ""
    choices: tuple[str, ...] = ()
    required: bool = False
    pattern: str | None = None
    default: str = ""

    @property
    def possible(self) -> list[str] | None:
        """Every possible value, or None when they can't be enumerated."""
        if self.kind is InputKind.FLAG:
            return ["yes", "no"]
        if self.kind is not InputKind.CHOICE:
            return None
        return [*self.offered] if self.required else [*self.offered, ""]

    @property
    def offered(self) -> tuple[str, ...]:
        """The values of a choice; a value with `*` expands to the known targets that match it."""
        found = [
            value
            for choice in self.choices
            for value in (_matching(choice) if "*" in choice else [choice])
        ]
        return tuple(dict.fromkeys(found))

    def check(self, value: str) -> str:
        """The value to store. Raises Invalid with a sentence a person can act on."""
        if self.kind is InputKind.FLAG:
            return "yes" if value in {"yes", "on", "true", "1"} else "no"
        if not value.strip():
            if self.required:
                raise Invalid(f"“{self.label}” is needed.", field=self.name)
            return ""
        if complaint := self._complaint(value):
            raise Invalid(f"“{self.label}”: {complaint}", field=self.name)
        return value

    def could_be(self, value: str) -> bool:
        """Whether this value is ever possible."""
        if self.possible is not None:
            return value in self.possible
        if not value:
            return not self.required
        return self._complaint(value) is None

    def _complaint(self, value: str) -> str | None:
        if len(value) > LONGEST:
            return f"at most {LONGEST} characters."
        if any(ord(letter) < 32 or ord(letter) == 127 for letter in value):
            return "one line of text, without control characters."
        if self.pattern and not re.search(self.pattern, value):
            return f"must match {self.pattern}."
        return _SHAPES[self.kind](self, value)


def _no_complaint(_asked: Input, _value: str) -> None:
    return None


def _choice_complaint(asked: Input, value: str) -> str | None:
    return None if value in asked.offered else f"choose {' or '.join(asked.offered)}."


def _matching(pattern: str) -> list[str]:
    return [name for name in known_targets() if fnmatchcase(name, pattern)]


def _number_complaint(_asked: Input, value: str) -> str | None:
    try:
        return None if Decimal(value).is_finite() else "must be a number."
    except InvalidOperation:
        return "must be a number."


def _date_complaint(_asked: Input, value: str) -> str | None:
    try:
        date.fromisoformat(value)
    except ValueError:
        return "must be a date such as 2026-11-22."
    return None


_SHAPES = {
    InputKind.TEXT: _no_complaint,
    InputKind.NUMBER: _number_complaint,
    InputKind.CHOICE: _choice_complaint,
    InputKind.DATE: _date_complaint,
}


def check_inputs(inputs: Iterable[Input], values: Mapping[str, str]) -> dict[str, str]:
    """The checked values of the declared inputs; others are dropped. Raises Invalid, for a field
    by the input's name."""
    return {asked.name: asked.check(values.get(asked.name, asked.default)) for asked in inputs}


def parse_input(text: str, line: int) -> Input:
    """Parse one line of an ```inputs fence. Raises ValueError with a sentence."""
    name, colon, rest = text.partition(":")
    name = name.strip()
    if not colon or not _NAME.fullmatch(name):
        raise ValueError(f"“{text.strip()}” is not an input; write “name: type”.")
    words = list(_WORD.finditer(rest))
    options = {found[1]: unquoted(found[2]) for found in words if found[1]}
    bare = [found[3] for found in words if found[3]]
    kind = _kind(name, bare)
    choices = _choices(name, kind, bare)
    _refuse_unknown(name, [*bare[2 if choices else 1 :]], options)
    asked = Input(
        name=name,
        kind=kind,
        label=options.get("label") or name,
        line=line,
        hint=options.get("hint", ""),
        choices=choices,
        required="required" in bare,
        pattern=_pattern(name, options.get("pattern")),
        default=options.get("default", ""),
    )
    if asked.default and not asked.could_be(asked.default):
        raise ValueError(f"{name}: the default “{asked.default}” is not a value it can have.")
    return asked


def _kind(name: str, bare: list[str]) -> InputKind:
    try:
        return InputKind(bare[0])
    except (IndexError, ValueError):
        kinds = ", ".join(InputKind)
        raise ValueError(f"{name}: the type must be one of {kinds}.") from None


def _choices(name: str, kind: InputKind, bare: list[str]) -> tuple[str, ...]:
    if kind is not InputKind.CHOICE:
        return ()
    choices = tuple(part for part in "".join(bare[1:2]).split("|") if part)
    if not choices or choices == ("required",):
        raise ValueError(f"{name}: a choice needs its values, such as “choice a|b”.")
    return choices


def _pattern(name: str, pattern: str | None) -> str | None:
    try:
        return re.compile(pattern).pattern if pattern else None
    except re.error as error:
        raise ValueError(f"{name}: the pattern can't be read: {error}.") from None


def _refuse_unknown(name: str, bare: list[str], options: Mapping[str, str]) -> None:
    unknown = [word for word in bare if word != "required"]
    unknown += [key for key in options if key not in _OPTIONS]
    if unknown:
        raise ValueError(f"{name}: “{unknown[0]}” is not known here.")
