"""What a folder holds, and what is made of it, kept as long as it is.

Parsing is what costs: a report, a runbook, a list in order are made once of a text and kept beside
it. They are let go together, when the file changes or goes.
"""

from collections.abc import Callable, Hashable, Mapping
from functools import cached_property
from typing import Any, Protocol, TypeVar

from portal.core.errors import Invalid
from portal.documents.document import Document


class Kept(Protocol):
    """Something that never changes and has a place for what is made of it."""

    @property
    def made(self) -> dict[Hashable, Any]: ...


Owner = TypeVar("Owner", bound=Kept)
Made = TypeVar("Made")


def made_of(owner: Owner, make: Callable[[Owner], Made]) -> Made:
    """What `make` makes of it, once as long as it is kept; None is not kept.

    `make` looks at nothing that may change: not at the clock, a database or whoever asks. Two
    threads may both make it; either is right.
    """
    found: Made | None = owner.made.get(make)
    if found is not None:
        return found
    made = make(owner)
    if made is not None:
        owner.made[make] = made
    return made


class Contents:
    """By path: under each slug the document, or why its file can't be read. It never changes:
    another state of the folder is another object."""

    def __init__(self, by_slug: Mapping[str, Document | Invalid]) -> None:
        self.by_slug = by_slug
        self.made: dict[Hashable, Any] = {}

    @cached_property
    def documents(self) -> list[Document]:
        return [found for found in self.by_slug.values() if isinstance(found, Document)]

    @cached_property
    def problems(self) -> list[Invalid]:
        return [found for found in self.by_slug.values() if isinstance(found, Invalid)]
