"""Who is dead: told by what a process saw for itself, never by comparing two machines' clocks.

A lease whose number of renewals stood still for a whole TTL of the observer's monotonic clock is
dead, and the observer ends it in the ops database: from then on it counts nowhere. Every process
that holds a lease observes with each renewal of its own; a command watches for as long as needed.
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
class Seen:
    """One lease as this process sees it. `since`: monotonic time of the first look at `sign`."""

    sign: Sign
    since: float
    has_moved: bool = False


class Observer:
    """What this process saw of the leases that have not ended."""

    def __init__(self) -> None:
        self._seen: dict[str, Seen] = {}

    def look(self, engine: Engine) -> None:
        """See who gave a sign of life since the last look; end who gave none for a whole TTL.

        A look waits for no writer: whoever holds the lock of ops for long is no reason not to see.
        """
        with engine.execution_options(only_reads=True).connect() as connection:
            dead = self.see(connection)
        if dead:
            with engine.begin() as connection:
                for uuid, sign in dead.items():
                    self.end(connection, uuid, sign)

    def see(self, connection: Connection) -> dict[str, Sign]:
        """The same look, which ends nobody: returns the dead, by the last sign they gave."""
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
        """Whether this process saw it give a sign of life within the last TTL."""
        seen = self._seen.get(uuid)
        return seen is not None and seen.has_moved and self.silence(uuid) < TTL

    def silence(self, uuid: str) -> timedelta:
        """For how long this process has seen no sign of life of it; nothing for one unseen."""
        seen = self._seen.get(uuid)
        return timedelta(seconds=time.monotonic() - seen.since) if seen else timedelta(0)

    def undecided(self, uuids: Collection[str]) -> set[str]:
        """Those of which nobody knows yet: not ended, and not seen to give a sign of life."""
        return {uuid for uuid in uuids if uuid in self._seen and not self._seen[uuid].has_moved}

    def signs(self, connection: Connection) -> dict[str, Sign]:
        """The last sign of life of each that did not end."""
        query = select(Lease.uuid, Lease.renewals, Lease.renewed_at).where(Lease.ended_at.is_(None))
        return {uuid: (renewals, at) for uuid, renewals, at in connection.execute(query)}

    def end(self, connection: Connection, uuid: str, sign: Sign) -> None:
        """A counted update: a sign of life that comes in between keeps it."""
        renewals, at = sign
        same = Lease.renewals.is_not_distinct_from(renewals), Lease.renewed_at == at
        why = f"No sign of life for {TTL.total_seconds():g} seconds, as seen on {this_host()}."
        connection.execute(
            update(Lease)
            .where(Lease.uuid == uuid, Lease.ended_at.is_(None), *same)
            .values(ended_at=ops_moment(connection), ended_because=why)
        )

    def _one(self, uuid: str, sign: Sign, at: float) -> Seen:
        known = self._seen.get(uuid)
        if known is not None and known.sign == sign:
            return known
        return Seen(sign, at, has_moved=known is not None)


observer = Observer()
"""This process's own; in a fork it goes on from what the parent saw."""
