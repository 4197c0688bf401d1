"""Detects dead processes by local observation, never by comparing two machines' clocks.

A lease whose renewal count did not change for a whole TTL of the observer's monotonic clock is
dead, and the observer ends it in the ops database: from then on it is ignored everywhere. Every
process that holds a lease observes at each renewal of its own; a command observes for as long as
needed.
"""

import time
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine, select, update

from portal.jobs.leases.clocks import ops_moment
from portal.jobs.models import Lease
from portal.jobs.processes import this_host

TTL = timedelta(seconds=30)

Sign = tuple[int | None, datetime]


@dataclass(frozen=True)
class ObservedLease:
    """One lease as this process sees it. `since`: monotonic time at which `sign` was first read."""

    sign: Sign
    since: float
    has_moved: bool = False


class Observer:
    """What this process observed of the leases that have not ended."""

    def __init__(self) -> None:
        self._seen: dict[str, ObservedLease] = {}

    def look(self, engine: Engine) -> None:
        """Note renewals since the last call, and end leases without one for a whole TTL.

        It waits for no writer, so a process that holds the lock of ops for long does not prevent
        it.
        """
        with engine.execution_options(only_reads=True).connect() as connection:
            dead = self.see(connection)
        if dead:
            with engine.begin() as connection:
                for uuid, sign in dead.items():
                    self.end(connection, uuid, sign)

    def see(self, connection: Connection) -> dict[str, Sign]:
        """Like `look`, but ends no lease: returns the dead ones, with their last sign of life."""
        before = time.monotonic()
        signs = self.signs(connection)
        after = time.monotonic()
        self._seen = {uuid: self._one(uuid, sign, after) for uuid, sign in signs.items()}
        return {
            uuid: seen.sign
            for uuid, seen in self._seen.items()
            if before - seen.since >= TTL.total_seconds()
        }

    def lives(self, uuid: str) -> bool:
        """Whether this process saw a renewal within the last TTL."""
        seen = self._seen.get(uuid)
        return seen is not None and seen.has_moved and self.silence(uuid) < TTL

    def silence(self, uuid: str) -> timedelta:
        """How long this process has seen no renewal; zero for an unknown lease."""
        seen = self._seen.get(uuid)
        return timedelta(seconds=time.monotonic() - seen.since) if seen else timedelta(0)

    def undecided(self, uuids: Collection[str]) -> set[str]:
        """Those whose state is unknown: not ended, and no renewal observed yet."""
        return {uuid for uuid in uuids if uuid in self._seen and not self._seen[uuid].has_moved}

    def signs(self, connection: Connection) -> dict[str, Sign]:
        """The last sign of life of each lease that has not ended."""
        query = select(Lease.uuid, Lease.renewals, Lease.renewed_at).where(Lease.ended_at.is_(None))
        return {uuid: (renewals, at) for uuid, renewals, at in connection.execute(query)}

    def end(self, connection: Connection, uuid: str, sign: Sign) -> None:
        """End a lease by a counted update: a renewal that comes in between keeps it."""
        renewals, at = sign
        same = Lease.renewals.is_not_distinct_from(renewals), Lease.renewed_at == at
        why = f"No sign of life for {TTL.total_seconds():g} seconds, as seen on {this_host()}."
        connection.execute(
            update(Lease)
            .where(Lease.uuid == uuid, Lease.ended_at.is_(None), *same)
            .values(ended_at=ops_moment(connection), ended_because=why)
        )

    def _one(self, uuid: str, sign: Sign, at: float) -> ObservedLease:
        known = self._seen.get(uuid)
        if known is not None and known.sign == sign:
            return known
        return ObservedLease(sign, at, has_moved=known is not None)


observer = Observer()
"""The observer of this process; a fork continues with the parent's observations."""
