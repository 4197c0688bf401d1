"""The interface to leases next to a target."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from sqlalchemy import Engine, column, select, table
from sqlalchemy.exc import SQLAlchemyError


class LeaseStoreFault(Exception):
    """A place could not be written or read; the message says why."""


class LeaseStore(Protocol):
    """The place next to one target. Each call is one short transaction and may raise
    LeaseStoreFault."""

    @property
    def key(self) -> str:
        """The unique name of the place."""

    def stay_connected(self) -> None:
        """This process holds a lease here, and will renew it."""

    def disconnect(self) -> None:
        """It holds none any more."""

    def renew(self, row: Mapping[str, Any], *, instead_of: str | None = None) -> None:
        """Write a renewal of the process in `row`; creates missing tables.

        `instead_of`: the process's previous uuid there.
        """

    def give_back(self, uuid: str) -> None:
        """Delete the row of a process that has ended."""

    def observe(self) -> None:
        """Read all rows, and delete those of dead processes."""

    def undecided(self) -> bool:
        """Whether more observation is needed to tell which processes there are alive."""


Finder = Callable[[str], LeaseStore | None]
_finders: list[Finder] = []


def finds_places(find: Finder) -> Finder:
    """Register the function that returns the place next to a target, by name, or None."""
    _finders.append(find)
    return find


def place_beside(target: str | None) -> LeaseStore | None:
    found = (find(target) for find in _finders) if target else iter(())
    return next((place for place in found if place), None)


def room_of(engine: Engine) -> tuple[str, str]:
    """This control room's id and title, from its own database; empty if not stored."""
    room = table("control_room", column("uuid"), column("title"))
    try:
        with engine.execution_options(only_reads=True).connect() as connection:
            row = connection.execute(select(room.c.uuid, room.c.title)).first()
    except SQLAlchemyError:
        row = None
    return (row.uuid, row.title or "") if row else ("", "")
