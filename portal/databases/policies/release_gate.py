"""The release gate: no revision before every live process can serve it.

A process is alive while its lease has not ended, and only an observer's own waiting time ends one:
a wrong clock can't open the gate. A clock that is seen to be wrong closes it.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import select

from portal.accounts.models import Role
from portal.audit.actor import Actor
from portal.audit.service import record
from portal.core.clock import now
from portal.core.errors import Conflict, Forbidden, NotFound, Refusal, Refused
from portal.core.storage.database import db
from portal.databases.engines import engine_for
from portal.databases.engines.leases import LeasePlace, NoLeaseTables
from portal.databases.policies.held import require_unheld
from portal.databases.policies.overrides import CONSOLE, required_reason
from portal.databases.policies.target_leases import place_of, refuse_unless_clear
from portal.databases.sessions.strangers import refuse_strangers
from portal.databases.targets.config import Target, target_named
from portal.databases.targets.registry import registered_target
from portal.jobs.leases.clocks import AHEAD, both_times, is_ahead, ops_moment
from portal.jobs.leases.holder import live_leases
from portal.jobs.leases.observing import TTL, observer
from portal.jobs.leases.places import LeaseStoreFault
from portal.jobs.models import Lease, LeaseKind

SILENT = timedelta(seconds=15)
SHORTEST = 6


def leases_of(target: Target) -> list[Lease]:
    """The leases of live processes that serve it; another application's processes have none."""
    return live_leases(target.environment.value) if target.is_directory else []


def processes_that_cannot_serve(target: Target, revision: str) -> list[Lease]:
    return [lease for lease in leases_of(target) if revision not in lease.serves]


def refuse_unless_served(target: Target, revision: str, *, contracts: bool = True) -> None:
    """Raises Refused, naming each live process of the target that can't work with the revision.

    Both lease places are read, in ops and beside the target; what can't be read, processes unknown
    to ops and another control room's processes block the change whatever they serve.

    In maintenance mode users were informed, and nothing is written: then no process blocks it.
    Unknown sessions still do: they could not be informed. Of another application no process is
    known, so a session blocks a contract, and only that.
    """
    refuse_unless_clear(target)
    if not target.is_directory and not contracts:
        return
    refuse_strangers(target)
    if (known := registered_target(target.name)) and known.is_in_maintenance:
        return
    refuse_wrong_clocks(target)
    behind = processes_that_cannot_serve(target, revision)
    if behind:
        raise Refused(
            f"{target.name.capitalize()} is served by code that can't work with revision"
            f" {revision}: {'; '.join(named(lease) for lease in behind)}. Nothing was changed.",
            remedy=(
                "Deploy the matching code there, or stop the process, or change it in maintenance"
                " mode, and try again."
            ),
            refusal=Refusal("migration.refused", target.name, {"to": revision}),
        )


def refuse_wrong_clocks(target: Target) -> None:
    """Raises Refused if a live process's last renewal is in the future, or far in the past.

    Far in the past: without a renewal since, an observer would have ended that lease. If a
    PostgreSQL server has a clock, this machine's must agree with it.
    """
    moment = ops_moment()
    for wrong in (*clock_differences(target), *wrong_leases(moment, target.name)):
        raise wrong


def clock_differences(target: Target) -> Iterator[Refused]:
    """Refusals because this machine's clock differs from a server's."""
    yield from _differing(target, ops_moment(), "the control room's database")
    if target.url.get_backend_name() != "sqlite":
        with engine_for(target.url).reading() as connection:
            theirs = ops_moment(connection)
        yield from _differing(target, theirs, target.name)


def wrong_leases(moment: datetime, target: str | None = None) -> Iterator[Refused]:
    """Refusals because of a live process's last renewal."""
    for lease in live_leases():
        if lease.kind is LeaseKind.COMMAND:
            continue
        if is_ahead(lease.renewed_at, of=moment):
            yield _wrong_clock(target, lease, moment, "A clock is wrong")
        elif lease.renewed_at < moment - TTL - AHEAD:
            why = "A clock is wrong, or a process has ended and was not checked since"
            yield _wrong_clock(target, lease, moment, why)


def _differing(target: Target, theirs: datetime, whose: str) -> Iterator[Refused]:
    present = now()
    if abs(theirs - present) > AHEAD:
        yield Refused(
            f"A clock is wrong: by the server of {whose} it is {both_times(theirs, present)}."
            " Nothing was changed.",
            remedy="Set the clocks right and try again.",
            refusal=Refusal("migration.refused", target.name),
        )


def _wrong_clock(target: str | None, lease: Lease, moment: datetime, why: str) -> Refused:
    return Refused(
        f"{why}: the last sign of life of {named(lease)} is of"
        f" {both_times(lease.renewed_at, moment)}. Nothing was changed.",
        remedy="Set the clocks right and try again. If that process is gone, its lease ends within"
        f" {TTL.total_seconds():g} seconds while a worker runs.",
        refusal=Refusal("migration.refused", target, {"lease": lease.uuid}),
    )


def declare_dead(lease: Lease, *, reason: str, by: Actor) -> None:
    """Mark a process as dead before its lease expires: its machine is known to be lost.

    Raises Conflict for a process that this one has not observed to be silent for long enough. If it
    is alive after all, it takes a new lease with its next renewal, and blocks changes again.
    """
    require_admin_of(lease, by=by)
    reason = required_reason(reason)
    sentence = "No process is declared dead while a change runs that counted it"
    require_unheld(lease.environment, "process.declared-dead", sentence)
    observer.see(db.session.connection(bind_arguments={"bind": db.engines["ops"]}))
    silent = observer.silence(lease.uuid)
    if lease.kind is not LeaseKind.WEB or lease.ended_at is not None:
        raise Conflict("Only a process that serves a directory can be declared dead.")
    if silent < SILENT:
        raise Conflict(
            f"{lease.kind.capitalize()} process {lease.pid} on {lease.host} has been watched from"
            f" here for {silent.total_seconds():.0f} seconds since its last sign of life, and"
            f" {SILENT.total_seconds():.0f} are needed.",
            remedy="If it runs, stop it: it gives its lease back as it ends. If it is gone, try"
            " again then.",
        )
    _delete_beside(lease)
    lease.ended_at, lease.ended_by, lease.ended_because = ops_moment(), by.name, reason
    record(
        "process.declared-dead",
        lease.uuid,
        by=by,
        target=lease.environment,
        details={"process": named(lease)},
        reason=reason,
    )


def _delete_beside(lease: Lease) -> None:
    """Its row beside the target is deleted as well. Raises Conflict while it is being renewed."""
    place = place_of(target_named(lease.environment or ""))
    try:
        place.observe()
        silent = place.observer.silence(lease.uuid)
        if silent < SILENT and _has_row(place, lease.uuid):
            raise Conflict(
                f"Its lease beside {lease.environment} has been watched from here for"
                f" {silent.total_seconds():.0f} seconds since its last sign of life, and"
                f" {SILENT.total_seconds():.0f} are needed.",
                remedy="If it runs, stop it. If it is gone, try again then.",
            )
        place.give_back(lease.uuid)
    except NoLeaseTables:
        return
    except LeaseStoreFault as fault:
        raise Conflict(f"The leases beside {lease.environment} can’t be read: {fault}.") from fault


def _has_row(place: LeasePlace, uuid: str) -> bool:
    return any(each.uuid == uuid for each in place.read().leases)


def require_admin_of(lease: Lease, *, by: Actor) -> None:
    if by.role not in {Role.ADMIN, CONSOLE}:
        raise Forbidden(
            "Only an admin may declare a process dead.",
            refusal=Refusal("process.declared-dead", lease.environment),
        )


def web_lease(uuid: str) -> Lease:
    """Find a lease by its uuid or the beginning of it. Raises NotFound."""
    query = select(Lease).where(Lease.uuid.startswith(uuid, autoescape=True))
    found = db.session.scalars(query.limit(2)).all()
    if len(found) != 1 or len(uuid) < SHORTEST:
        raise NotFound("There is no such process.", remedy="Look at /ops/databases.")
    return found[0]


def named(lease: Lease) -> str:
    """A process for display: kind, host, process id, release, since when."""
    since = lease.started_at.strftime("%Y-%m-%d %H:%M UTC")
    return (
        f"{lease.kind} process {lease.pid} on {lease.host}, release {lease.release}, since {since}"
    )
