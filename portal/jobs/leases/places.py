"""Where leases stand beside a target, as far as a process that holds one has to know."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from sqlalchemy import Engine, column, select, table
from sqlalchemy.exc import SQLAlchemyError


class PlaceFault(Exception):
    """The place could not be written or read; the words say why."""


class Place(Protocol):
    """One target's. Each call is one short transaction. All raise PlaceFault."""

    @property
    def key(self) -> str:
        """What tells this place from every other one."""

    def renew(self, row: Mapping[str, Any], *, instead_of: str | None = None) -> None:
        """Write one more sign of life of the process in `row`; makes what is missing.

        `instead_of`: the uuid under which this process stood there before.
        """

    def give_back(self, uuid: str) -> None:
        """Take the row of a process away that has ended."""

    def observe(self) -> None:
        """Look at the rows of all, and take those away whose processes are dead."""

    def undecided(self) -> bool:
        """Whether this process has to watch on before it can tell who lives there."""


Finder = Callable[[str], Place | None]
_finders: list[Finder] = []


def finds_places(find: Finder) -> Finder:
    """Register what knows the place beside a target, by the target's name; None for none."""
    _finders.append(find)
    return find


def place_beside(target: str | None) -> Place | None:
    found = (find(target) for find in _finders) if target else iter(())
    return next((place for place in found if place), None)


def room_of(engine: Engine) -> tuple[str, str]:
    """This control room's id and title, by its own database; nothing where it does not say."""
    room = table("control_room", column("uuid"), column("title"))
    try:
        with engine.execution_options(only_reads=True).connect() as connection:
            row = connection.execute(select(room.c.uuid, room.c.title)).first()
    except SQLAlchemyError:
        row = None
    return (row.uuid, row.title or "") if row else ("", "")
