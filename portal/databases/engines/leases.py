"""The place beside a target that stores leases: rows of processes, and the place's own number.

A place that is created again has another number: a process that knew the old number learns that
rows were lost, and waits until every live process has written again (see `policies.target_leases`).
"""

import sqlite3
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Engine, delete, insert, inspect, select, true, update
from sqlalchemy.exc import SQLAlchemyError

from portal.core.storage.database import update_one
from portal.databases.engines.base import first_line
from portal.databases.engines.beside import metadata, portal_lease_place, portal_leases
from portal.jobs.leases import observing
from portal.jobs.leases.clocks import ops_moment
from portal.jobs.leases.observing import Observer, Sign
from portal.jobs.leases.places import LeaseStoreFault

COLUMNS = portal_leases.c


@dataclass(frozen=True)
class TargetLease:
    """A process by its row beside a target. `room`: its control room; empty if it knows none."""

    uuid: str
    room: str
    room_title: str
    kind: str
    release: str
    serves: list[str]
    host: str
    pid: int
    started_at: datetime
    renewed_at: datetime
    renewals: int


@dataclass(frozen=True)
class LeaseRows:
    """The content of a place: its number, and all rows."""

    place: str
    leases: list[TargetLease]


class NoLeaseTables(LeaseStoreFault):
    """The place does not exist yet."""


class LeasesImpossible(LeaseStoreFault):
    """A place can't be created there: the folder is not writable."""


class PlaceObserver(Observer):
    """Determines which processes are dead from the rows of one place, and deletes those rows."""

    def __init__(self) -> None:
        super().__init__()
        self._place, self._since = "", 0.0

    def watched(self, place: str) -> bool:
        """Whether this process has observed this very place for a whole time to live."""
        patience = observing.TTL.total_seconds()
        return place == self._place and time.monotonic() - self._since >= patience

    def note(self, place: str) -> None:
        if place != self._place:
            self._place, self._since = place, time.monotonic()

    def signs(self, connection: Connection) -> dict[str, Sign]:
        query = select(COLUMNS.uuid, COLUMNS.renewals, COLUMNS.renewed_at)
        return {uuid: (renewals, at) for uuid, renewals, at in connection.execute(query)}

    def end(self, connection: Connection, uuid: str, sign: Sign) -> None:
        same = COLUMNS.renewals == sign[0], COLUMNS.renewed_at == sign[1]
        connection.execute(delete(portal_leases).where(COLUMNS.uuid == uuid, *same))


class LeasePlace(ABC):
    """What both engines share. Every call is one short transaction of its own.

    `hurried` is the same place with timeouts short enough for a page.
    """

    def __init__(self, key: str, engine: Engine, hurried: Engine) -> None:
        self._key, self._engine, self._hurried = key, engine, hurried
        self._only_reads = engine.execution_options(only_reads=True)
        self._for_pages = self._one_question = hurried.execution_options(only_reads=True)
        self.observer = PlaceObserver()
        self.trusted: str | None = None  # the number that the control room has on record

    @property
    def key(self) -> str:
        return self._key

    @abstractmethod
    def _prepare(self) -> None:
        """Called before the tables are created.

        Only for an identified database. Raises LeaseStoreFault.
        """

    @abstractmethod
    def _finish(self, connection: Connection) -> None:
        """Called after they are created, in the same transaction: who may write what."""

    @abstractmethod
    def stay_connected(self) -> None:
        """This process holds a lease here: on a server its connection stays open."""

    @abstractmethod
    def disconnect(self) -> None:
        """It holds none any more."""

    def make(self) -> None:
        """Create the place if there is none; idempotent."""
        with self._faults():
            self._prepare()
            with self._engine.begin() as connection:
                metadata.create_all(connection)
                self._finish(connection)
                if connection.scalar(select(portal_lease_place.c.id)) is None:
                    connection.execute(insert(portal_lease_place).values(id=str(uuid4())))

    def read(self, *, quickly: bool = False) -> LeaseRows:
        """All rows, in one transaction. Raises NoLeaseTables, or LeaseStoreFault if that can't be
        determined."""
        if quickly and (found := self._at_once()):
            return found
        engine = self._for_pages if quickly else self._only_reads
        with self._faults(), self._transaction(engine) as connection:
            self._require_there(connection)
            return LeaseRows(self._number(connection), _all(connection))

    def why_cannot(self) -> str | None:
        """Why no place can be created here, as far as that can be determined beforehand."""
        return None

    def trusts(self, number: str) -> bool:
        """Whether every live process has had the time to write at the place with this number."""
        return self.trusted in {None, number} or self.observer.watched(number)

    def undecided(self) -> bool:
        rows = self.read()
        uuids = [each.uuid for each in rows.leases]
        return bool(self.observer.undecided(uuids)) or not self.trusts(rows.place)

    def renew(self, row: Mapping[str, Any], *, instead_of: str | None = None) -> None:
        try:
            self._renew(row, instead_of)
        except NoLeaseTables:
            self.make()
            self._renew(row, instead_of)

    def take_over(self, other: "LeasePlace") -> None:
        """Copy all rows of a place that this one replaces, and then its number."""
        rows = other.read()
        with self._faults(), self._transaction() as connection:
            self._require_there(connection)
            present = set(connection.scalars(select(COLUMNS.uuid)))
            missing = [asdict(each) for each in rows.leases if each.uuid not in present]
            if missing:
                connection.execute(insert(portal_leases), missing)
            connection.execute(update(portal_lease_place).values(id=rows.place))

    def give_back(self, uuid: str) -> None:
        with self._faults(), self._transaction() as connection:
            self._require_there(connection)
            connection.execute(delete(portal_leases).where(COLUMNS.uuid == uuid))

    def observe(self, *, quickly: bool = False) -> None:
        engine = self._hurried if quickly else self._engine
        with self._faults(), self._transaction(engine) as connection:
            self._require_there(connection)
            self.observer.note(self._number(connection))
            for uuid, sign in self.observer.see(connection).items():
                self.observer.end(connection, uuid, sign)

    def _renew(self, row: Mapping[str, Any], instead_of: str | None) -> None:
        with self._faults(), self._transaction() as connection:
            self._require_there(connection)
            moment = ops_moment(connection)
            if instead_of:
                connection.execute(delete(portal_leases).where(COLUMNS.uuid == instead_of))
            described = {key: row[key] for key in ("room", "room_title", "serves", "release")}
            counted = {**described, "renewed_at": moment, "renewals": COLUMNS.renewals + 1}
            mine = COLUMNS.uuid == row["uuid"]
            if not update_one(portal_leases, mine, values=counted, on=connection):
                known = {key: of for key, of in row.items() if key in COLUMNS}
                times = {"started_at": moment, "renewed_at": moment, "renewals": 1}
                connection.execute(insert(portal_leases).values({**known, **times}))

    def _at_once(self) -> LeaseRows | None:
        """Number and rows in one statement. None if each part has to be queried alone to find the
        fault."""
        try:
            with self._transaction(self._one_question) as connection:
                rows = connection.execute(_NUMBER_AND_ALL).all()
        except (SQLAlchemyError, sqlite3.Error, OSError, ValueError, TypeError):
            return None
        if len({number for number, *_ in rows}) != 1:
            return None
        found = [TargetLease(*lease) for _, *lease in rows if lease[0] is not None]
        unique = {each.uuid for each in found}
        return LeaseRows(str(rows[0][0]), found) if len(unique) == len(found) else None

    def _number(self, connection: Connection) -> str:
        numbers = connection.scalars(select(portal_lease_place.c.id)).all()
        if len(numbers) != 1:
            raise LeaseStoreFault("it has no number of its own")
        return str(numbers[0])

    def _require_there(self, connection: Connection) -> None:
        look = inspect(connection)
        if not all(look.has_table(each.name) for each in (portal_leases, portal_lease_place)):
            raise NoLeaseTables("there are no leases beside it")

    @contextmanager
    def _transaction(self, engine: Engine | None = None) -> Iterator[Connection]:
        with (engine or self._engine).begin() as connection:
            yield connection

    @contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except (SQLAlchemyError, sqlite3.Error, OSError, ValueError, TypeError) as error:
            raise LeaseStoreFault(first_line(error).rstrip(".")) from error


_NUMBER_AND_ALL = (
    select(portal_lease_place.c.id, *(COLUMNS[each.name] for each in fields(TargetLease)))
    .outerjoin(portal_leases, true())
    .order_by(COLUMNS.started_at, COLUMNS.uuid)
)


def _all(connection: Connection) -> list[TargetLease]:
    rows = connection.execute(select(portal_leases).order_by(COLUMNS.started_at, COLUMNS.uuid))
    return [TargetLease(**row._mapping) for row in rows]
