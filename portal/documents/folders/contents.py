"""The contents of a folder, and a cache of values derived from them.

Parsing is expensive: a report, a runbook or a sorted list is made once from a text and cached with
it. Both are dropped when the file changes or is removed.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Mapping
from functools import cached_property
from typing import Any, Protocol, TypeVar

from portal.core.errors import Invalid, NotFound
from portal.documents.document import Document


class WithCache(Protocol):
    """An immutable object with a cache for values derived from it."""

    @property
    def made(self) -> dict[Hashable, Any]: ...


Owner = TypeVar("Owner", bound=WithCache)
Made = TypeVar("Made")


def cached_from(owner: Owner, make: Callable[[Owner], Made]) -> Made:
    """The result of `make`, cached while `owner` lives; None is not cached.

    `make` must be pure: it depends neither on the clock, a database nor the account. Two threads
    may both call it; either result is used.
    """
    found: Made | None = owner.made.get(make)
    if found is not None:
        return found
    made = make(owner)
    if made is not None:
        owner.made[make] = made
    return made


class Contents:
    """By slug the document, or why its file can't be read, ordered by path. Immutable: a changed
    folder has a new object.
    """

    def __init__(self, by_slug: Mapping[str, Document | Invalid]) -> None:
        self.by_slug = by_slug
        self.made: dict[Hashable, Any] = {}

    @cached_property
    def documents(self) -> list[Document]:
        return [found for found in self.by_slug.values() if isinstance(found, Document)]

    @cached_property
    def problems(self) -> list[Invalid]:
        return [found for found in self.by_slug.values() if isinstance(found, Invalid)]


class Folder(ABC):
    """Documents by their slug."""

    @abstractmethod
    def read(self, slug: str) -> Document | Invalid | None:
        """The document, why it can't be read, or None if there is no such file."""

    @abstractmethod
    def contents(self) -> Contents:
        """The whole folder; the same object until something changes."""

    def get(self, slug: str) -> Document:
        """Raises NotFound, or Invalid with file and line when the file can't be read."""
        found = self.read(slug)
        if found is None:
            raise NotFound(f"There is no document named {slug!r}.")
        if isinstance(found, Invalid):
            raise found
        return found

    def documents(self) -> list[Document]:
        """The readable documents, by path."""
        return list(self.contents().documents)

    def problems(self) -> list[Invalid]:
        """Why the other files can't be read, each naming its file and line."""
        return list(self.contents().problems)

    def everything(self) -> dict[str, Document | Invalid]:
        """By slug the document, or why its file can't be read, ordered by path."""
        return dict(self.contents().by_slug)
