"""Which processes are alive beside a target, by the leases there: read before each change of it.

The ops database knows this control room's own processes, while it is available. The leases beside
the target also show those that lost ops, of a copy of this control room, and of another one.
"""

from dataclasses import dataclass

from portal.core.errors import Refusal, Refused
from portal.databases.engines import engine_for, leases_beside
from portal.databases.engines.leases import (
    LeasePlace,
    LeaseRows,
    LeasesImpossible,
    NoLeaseTables,
    TargetLease,
)
from portal.databases.targets.config import Target, targets
from portal.databases.targets.control_rooms import UNNAMED
from portal.databases.targets.database_roles import has_two_roles
from portal.databases.targets.registry import known_control_room, registered_target
from portal.jobs.leases import observing
from portal.jobs.leases.clocks import is_ahead, ops_moment
from portal.jobs.leases.holder import held_lease, live_leases
from portal.jobs.leases.places import LeaseStore, LeaseStoreFault, finds_places

PROCESSES_END = "Stop them there; a killed one ends within {:g} seconds while somebody watches."


class Unreadable(Refused):
    """A change is refused until the leases beside the target are repaired."""


def place_of(target: Target) -> LeasePlace:
    """The place beside a target, as this control room knows it."""
    site = target.site_url.username if has_two_roles(target) else None
    place = leases_beside(target.url, site=site)
    row = registered_target(target.name)
    place.trusted = row.lease_place if row else None
    return place


@finds_places
def _find(name: str) -> LeaseStore | None:
    """Without a query to ops: a process takes its lease while ops is unavailable too."""
    target = next((each for each in targets() if each.name == name), None)
    if target is None:
        return None
    site = target.site_url.username if has_two_roles(target) else None
    return leases_beside(target.url, site=site)


def refuse_unless_clear(target: Target) -> None:
    """Raises Refused unless the leases beside the target were read, and all belong to processes
    that this control room knows to be alive. Creates the place if there is none.
    """
    if refused := why_closed(target, makes=True):
        raise refused


def why_closed(target: Target, *, makes: bool = False, quickly: bool = False) -> Refused | None:
    """Why the leases beside the target close the gate. Without `makes` nothing is created.

    `quickly`: for a page, which waits for no lock.
    """
    try:
        rows = _read(place_of(target), makes=makes, quickly=quickly)
    except LeaseStoreFault as fault:
        return _refused(
            target,
            f"The leases beside {target.name} can’t be read ({fault}), so it is unknown who"
            " serves it.",
            f"Check {_where(target)}. If it is damaged, stop what serves {target.name} and delete"
            " it: it is created again.",
            kind=Unreadable,
        )
    return _why_closed(target, rows, quickly=quickly) if rows else None


def why_none_can_stand(target: Target) -> str | None:
    """Why no lease can be stored beside the target: then only those in ops count."""
    if (why := place_of(target).why_cannot()) is None:
        return None
    return (
        f"No leases can be kept beside {target.name}: {why}. A site that loses the control room’s"
        " database closes, and only the leases in that one count."
    )


def _read(place: LeasePlace, *, makes: bool, quickly: bool) -> LeaseRows | None:
    """None if no place can exist, or if none does and `makes` is False. Raises LeaseStoreFault."""
    try:
        return place.read(quickly=quickly)
    except NoLeaseTables:
        if not makes:
            return None
    try:
        place.make()
    except LeasesImpossible:
        return None
    return place.read()


def _why_closed(target: Target, rows: LeaseRows, *, quickly: bool) -> Refused | None:
    remedy = PROCESSES_END.format(observing.TTL.total_seconds())
    if not place_of(target).trusts(rows.place):
        return _refused(
            target,
            f"The leases beside {target.name} were taken away, or the database was swapped, and who"
            " lives has not been watched for long enough since.",
            f"Wait {observing.TTL.total_seconds():g} seconds while a worker runs, and try again.",
        )
    room = known_control_room()
    if others := [each for each in rows.leases if room and each.room not in {"", room.uuid}]:
        titles = " and ".join(sorted({each.room_title or UNNAMED for each in others}))
        start = f"Processes of another control room ({titles}) live beside {target.name}"
        return _refused(target, f"{start}: {_listed(others)}.", remedy)
    if lost := _unknown_to_ops(target, rows, quickly=quickly):
        return _refused(
            target,
            f"Processes live beside {target.name} that this control room’s database does not know"
            f" to live: {_listed(lost)}. They lost it, or a copy of this control room runs.",
            remedy,
        )
    return None


def _unknown_to_ops(target: Target, rows: LeaseRows, *, quickly: bool) -> list[TargetLease]:
    """Leases beside the target of processes that are not known to be alive.

    A process that is starting or ending has its lease in one place only for a moment: it begins in
    ops and ends beside the target, so a second read of both tells it from a lost one.
    """
    lost = _not_live(rows.leases)
    if not lost:
        return []
    again = _read(place_of(target), makes=False, quickly=quickly)
    return _not_live(again.leases if again else lost)


def _not_live(leases: list[TargetLease]) -> list[TargetLease]:
    known = {lease.uuid for lease in live_leases()}
    known |= {held.uuid for held in [held_lease()] if held}
    return [each for each in leases if each.uuid not in known]


@dataclass(frozen=True)
class Neighbours:
    """What is known of another control room's processes: `live`, `unknown`, or nothing at all."""

    live: list[TargetLease]
    unknown: list[TargetLease]
    fault: str | None = None
    is_broken: bool = False

    @property
    def sentences(self) -> list[str]:
        if self.fault:
            return [f"It is unknown which of its processes are alive: {self.fault}"]
        found = [f"Alive: {named(each)}." for each in self.live]
        found += [f"Unknown whether alive: {named(each)}." for each in self.unknown]
        return found or ["No process of it is registered beside the database."]


def neighbours(target: Target, *, quickly: bool = False) -> Neighbours:
    """The processes beside a target that are not this control room's, as observed by this process.

    Unobserved ones, and those with a wrong clock, are unknown, and never counted as none.
    """
    place, room = place_of(target), known_control_room()
    try:
        rows = place.read(quickly=quickly)
    except NoLeaseTables:
        return Neighbours([], [], f"there are no leases beside {target.name}.")
    except LeaseStoreFault as fault:
        unreadable = f"The leases beside {target.name} can’t be read: {fault}."
        return Neighbours([], [], unreadable, is_broken=True)
    theirs = [each for each in rows.leases if room is None or each.room != room.uuid]
    live = [each for each in theirs if place.observer.lives(each.uuid) and not _is_ahead(each)]
    return Neighbours(live, [each for each in theirs if each not in live])


def watch(target: Target) -> None:
    """A page's read of the leases beside the target; failures are ignored."""
    try:
        place_of(target).observe(quickly=True)
    except LeaseStoreFault:
        return


def _is_ahead(lease: TargetLease) -> bool:
    return is_ahead(lease.renewed_at, of=ops_moment())


def named(lease: TargetLease) -> str:
    since = lease.started_at.strftime("%Y-%m-%d %H:%M UTC")
    return (
        f"{lease.kind} process {lease.pid} on {lease.host}, release {lease.release}, since {since}"
    )


def _listed(leases: list[TargetLease]) -> str:
    return "; ".join(named(each) for each in leases)


def _where(target: Target) -> str:
    engine = engine_for(target.url)
    return engine.leases_at


def _refused(
    target: Target, sentence: str, remedy: str, *, kind: type[Refused] = Refused
) -> Refused:
    refusal = Refusal("migration.refused", target.name)
    return kind(f"{sentence} Nothing was changed.", remedy=remedy, refusal=refusal)
