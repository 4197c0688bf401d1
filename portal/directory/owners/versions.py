"""The version of a section that a page was made from: a short hash for each field.

A page sends it back with what was typed. So a field that its owner did not touch there is not
written, and one that was changed elsewhere since is not overwritten.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from portal.directory.owners.fields import Value

LENGTH = 10


def mark(value: Value) -> str:
    given = list(value) if isinstance(value, tuple) else value
    text = json.dumps("" if given is None else given, ensure_ascii=False)
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:LENGTH]


@dataclass
class Version:
    """By field: the mark of what was stored, and of what the page shows for it."""

    stored: dict[str, str] = field(default_factory=dict)
    shown: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, stored: Mapping[str, Value], shown: Mapping[str, Value]) -> "Version":
        return cls(
            {name: mark(value) for name, value in stored.items()},
            {name: mark(value) for name, value in shown.items()},
        )

    @classmethod
    def read(cls, text: str) -> "Version":
        """Fields that the text does not name have no mark: what is stored there stays."""
        version = cls()
        for part in text.split(","):
            name, _, marks = part.partition(":")
            if len(marks) == 2 * LENGTH:
                version.stored[name], version.shown[name] = marks[:LENGTH], marks[LENGTH:]
        return version

    def is_touched(self, name: str, value: Value) -> bool:
        """Whether the page shows something else for the field by now."""
        return self.shown.get(name) != mark(value)

    def is_current(self, name: str, stored: Value) -> bool:
        known = self.stored.get(name)
        return (
            known == mark(stored)
            if known
            else stored in {"", ()} or stored is None or stored is False
        )

    def __str__(self) -> str:
        names = self.stored.keys() & self.shown.keys()
        return ",".join(f"{each}:{self.stored[each]}{self.shown[each]}" for each in sorted(names))
