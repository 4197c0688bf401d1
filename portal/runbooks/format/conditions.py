"""`when: target = production`: clauses of `=` and `!=`, joined by `and`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

_CLAUSE = re.compile(r"([A-Za-z][\w-]*)\s*(!=|=)\s*(.+)", re.S)


@dataclass(frozen=True)
class Clause:
    name: str
    equal: bool
    value: str

    def holds(self, values: Mapping[str, str]) -> bool:
        return (values.get(self.name, "") == self.value) is self.equal


@dataclass(frozen=True)
class Condition:
    text: str
    clauses: tuple[Clause, ...]

    @property
    def names(self) -> list[str]:
        return list(dict.fromkeys(clause.name for clause in self.clauses))

    def holds(self, values: Mapping[str, str]) -> bool:
        return all(clause.holds(values) for clause in self.clauses)

    def can_hold(self, choices: Mapping[str, list[str] | None]) -> bool:
        """Whether any values satisfy it. `choices`: the values of each name, None for free text."""
        ranges = [self._candidates(name, choices.get(name)) for name in self.names]
        return any(
            self.holds(dict(zip(self.names, values, strict=True))) for values in product(*ranges)
        )

    def _candidates(self, name: str, choices: list[str] | None) -> list[str]:
        if choices is not None:
            return choices
        mentioned = {clause.value for clause in self.clauses if clause.name == name}
        return [*sorted(mentioned), "".join(mentioned) + " and another"]


def parse_condition(text: str) -> Condition:
    """Raises ValueError with a sentence when the text can't be parsed."""
    clauses = []
    for part in re.split(r"\s+and(?:\s+|$)", text.strip()):
        found = _CLAUSE.fullmatch(part)
        if not found:
            raise ValueError(
                f"when: “{part}” can't be read; write “name = value” or “name != value”."
            )
        value = unquoted(found[3].strip())
        clauses.append(Clause(name=found[1], equal=found[2] == "=", value=value))
    return Condition(text=text.strip(), clauses=tuple(clauses))


def unquoted(value: str) -> str:
    """The value without a pair of surrounding quotes; its content is unchanged."""
    if len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'":
        return value[1:-1]
    return value
