"""The worker, as other processes see it: whether it runs, and of which release it is."""

from portal.core.page import cached_per_page
from portal.jobs.leases.clocks import ops_moment
from portal.jobs.leases.holder import held_lease, known_leases, live_leases
from portal.jobs.leases.observing import observer
from portal.jobs.models import Lease, LeaseKind
from portal.jobs.release import release_name


def worker_is_alive() -> bool:
    """Whether a worker seems to be running; for display only."""
    return bool(_live_workers())


def worker_of_other_release() -> str | None:
    """One sentence with what to do, if the running worker has other code than this process.

    A killed worker is listed for half a minute beside the one that took its place: the newest one
    counts.
    """
    workers, own = _live_workers(), release_name()
    if not workers or (newest := workers[-1]).release == own:
        return None
    said = f"The worker runs release {newest.release}, and this process {own}"
    if _is_older_than(newest):
        return f"{said}, which was started before it; restart the site’s processes."
    return f"{said}; restart the worker."


def last_worker_lease() -> Lease | None:
    """That of the worker that runs, or of the last one that did; for pages."""
    workers = [each for each in known_leases() if each.kind is LeaseKind.WORKER]
    return max(workers, key=lambda each: each.expires_at, default=None)


@cached_per_page
def _live_workers() -> list[Lease]:
    """Oldest first."""
    moment = ops_moment()
    return [
        lease
        for lease in live_leases()
        if lease.kind is LeaseKind.WORKER
        and (lease.expires_at > moment or observer.lives(lease.uuid))
    ]


def _is_older_than(worker: Lease) -> bool:
    held = held_lease()
    own = [each for each in live_leases() if held and each.uuid == held.uuid]
    return bool(own) and own[0].started_at < worker.started_at
