"""What the fields of a kind of document are. Each feature defines its own."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from portal.documents.document import Document

BODY = "body"
Values = Mapping[str, str]


class Shape(StrEnum):
    """`LIST` and `NAMES` have one item a line; `NAMES` are chosen among known ones."""

    LINE = "line"
    PARAGRAPH = "paragraph"
    CHOICE = "choice"
    TIME = "time"
    DAY = "day"
    LIST = "list"
    NAMES = "names"

    @property
    def is_list(self) -> bool:
        return self in (Shape.LIST, Shape.NAMES)


@dataclass(frozen=True)
class Choice:
    """A value with its meaning: “critical”, “it can’t be used”."""

    value: str
    label: str
    meaning: str = ""

    @property
    def words(self) -> str:
        return f"{self.label}: {self.meaning}" if self.meaning else self.label


@dataclass(frozen=True)
class FieldSpec:
    """`keys` are its keys in front matter; the first is written where there is none. Without
    `keeps_key` an emptied field loses its line: an empty value would mean something else.
    `takes_insertions`: placeholders can be inserted into it, as into the body.
    """

    name: str
    label: str
    shape: Shape
    keys: tuple[str, ...]
    hint: str = ""
    choices: tuple[Choice, ...] = ()
    keeps_key: bool = True
    takes_insertions: bool = False


@dataclass(frozen=True)
class TextPlace:
    """Where the body states a value: `start` and `end` are offsets of what is replaced."""

    start: int
    end: int
    value: str
    line: int


@dataclass(frozen=True)
class Insertion:
    """A name to insert into the body, and its meaning."""

    text: str
    meaning: str


@dataclass(frozen=True)
class FieldSet:
    """The fields of a kind of document. `specs` are in the order of keys in front matter, `layout`
    is that of the page: headings with names of fields.

    `unfit` says in one sentence why a file can't be edited in fields, if it can't. `in_text` finds
    the fields that a body states itself. `problems` checks values that were typed: by name of the
    field; only what was changed, and what depends on it, is checked. `read_as` is the term for a
    value in other words. `names` lists what a field of the shape `NAMES` offers: value and label.
    """

    specs: tuple[FieldSpec, ...]
    layout: tuple[tuple[str, tuple[str, ...]], ...]
    unfit: Callable[[Document], str | None]
    in_text: Callable[[str], dict[str, TextPlace]]
    problems: Callable[[Values, frozenset[str]], dict[str, str]]
    read_as: Callable[[str, str], str]
    names: Callable[[], list[tuple[str, str]]] = list
    insertions: Callable[[Document], list[Insertion]] = lambda _document: []
    body_hint: str = ""

    def spec(self, name: str) -> FieldSpec:
        return next(each for each in self.specs if each.name == name)
