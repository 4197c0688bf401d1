"""The release gate: no revision before every process that is alive can serve it."""

from portal.core.errors import Refusal, Refused
from portal.databases.targets import Target
from portal.jobs.leases import live_leases
from portal.jobs.models import Lease


def processes_that_cannot_serve(target: Target, revision: str) -> list[Lease]:
    return [
        lease for lease in live_leases(target.environment.value) if revision not in lease.serves
    ]


def refuse_unless_served(target: Target, revision: str) -> None:
    """Raises Refused, naming each live process of the target that can't work with the revision."""
    behind = processes_that_cannot_serve(target, revision)
    if behind:
        raise Refused(
            f"{target.name.capitalize()} is served by code that can't work with revision"
            f" {revision}: {'; '.join(named(lease) for lease in behind)}. Nothing was changed.",
            way_out="Deploy the matching code there, or stop the process, and try again.",
            refusal=Refusal("migration.refused", target.name, {"to": revision}),
        )


def named(lease: Lease) -> str:
    """A process for people: kind, host, process id, release, since when."""
    since = lease.started_at.strftime("%Y-%m-%d %H:%M UTC")
    return (
        f"{lease.kind} process {lease.pid} on {lease.host}, release {lease.release}, since {since}"
    )
