"""What a preflight finds: the thing, what it stops and why, and the step that fixes it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from sqlalchemy import Connection
from sqlalchemy.engine import URL

from portal.core.configuration.settings import OPS
from portal.databases.engines import engine_for
from portal.databases.engines.base import DatabaseEngine
from portal.databases.targets.config import Target
from portal.databases.targets.database_roles import has_two_roles
from portal.databases.targets.identity import Judgement, judge

AGAIN = "Fix what it names, then run this again."
NAMED_AT_MOST = 50
"""Rows or objects that a finding names; the number of the others is given."""
IN_SHORT = 3


class Stops(StrEnum):
    BACKUP = "backup"
    RESTORE = "restore"
    CHANGE = "change"


ALL = (Stops.BACKUP, Stops.RESTORE, Stops.CHANGE)
NOTHING: tuple[Stops, ...] = ()
"""Of a note: a state that a person should know, and that stops none of the three."""


@dataclass(frozen=True)
class Found:
    """`named`: each row or object of it; `fix`: SQL or steps, one a line; `total`: of the named.

    `in_check`: also a finding of `flask databases check`, where no other check says the same;
    `is_unknown`: it could not be measured, which never counts as good.
    """

    sentence: str
    fix: str | tuple[str, ...] = ()
    stops: tuple[Stops, ...] = NOTHING
    named: tuple[str, ...] = ()
    total: int = 0
    in_check: bool = True
    is_unknown: bool = False

    @property
    def steps(self) -> tuple[str, ...]:
        """Each step of the fix."""
        steps = (self.fix,) if isinstance(self.fix, str) else self.fix
        return tuple(each for each in steps if each)

    @property
    def is_fault(self) -> bool:
        return bool(self.stops) or self.is_unknown

    @property
    def heading(self) -> str:
        """What it stops, in words."""
        if self.is_unknown:
            return "Not measured"
        if not self.stops:
            return "To note"
        *first, last = (f"every {each}" for each in self.stops)
        return f"Stops {', '.join(first)} and {last}" if first else f"Stops {last}"

    @property
    def more(self) -> int:
        """How many there are beyond those that are named."""
        return max(0, self.total - len(self.named))


@dataclass
class Subject:
    """The database under preflight. `url`: as the worker reaches it; `site`: as the sites do."""

    target: Target
    reached: bool = field(default=True, init=False)

    @property
    def name(self) -> str:
        return self.target.name

    @property
    def url(self) -> URL:
        return self.target.url

    @property
    def site(self) -> URL | None:
        """None if the sites use the worker's role."""
        return self.target.site_url if has_two_roles(self.target) else None

    @property
    def is_ops(self) -> bool:
        return self.name == OPS

    @property
    def engine(self) -> DatabaseEngine:
        return engine_for(self.url)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction of its own for each question: one that fails ends no other."""
        with self.engine.reading() as connection:
            yield connection

    @cached_property
    def judgement(self) -> Judgement:
        return judge(self.target)


Ask = Callable[[Subject], Iterator[Found]]


@dataclass(frozen=True)
class Look:
    """`what` begins a sentence; `inside`: it needs the database to be reached; `is_light`: it makes
    nothing beside the database, so that `check` may ask it."""

    what: str
    ask: Ask
    inside: bool = True
    is_light: bool = True
    at_adoption: bool = True


def listed(names: list[str]) -> str:
    """At most `IN_SHORT` names as a list in a sentence, and how many more there are."""
    shown = names[:IN_SHORT]
    more = [f"{len(names) - IN_SHORT} more"] if len(names) > IN_SHORT else []
    *first, last = [*shown, *more]
    return f"{', '.join(first)} and {last}" if first else last


def counted(number: int, one: str, many: str | None = None) -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"
