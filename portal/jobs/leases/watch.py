"""A command that changes a database watches first: no worker may have looked who is dead."""

import time
from collections.abc import Collection

import click

from portal.core.configuration.settings import settings
from portal.jobs.connection import ops_engine
from portal.jobs.leases import observing
from portal.jobs.leases.holder import live_leases
from portal.jobs.leases.observing import observer
from portal.jobs.leases.places import Place, PlaceFault, place_beside
from portal.jobs.models import LeaseKind
from portal.jobs.operations.queries import running_operations
from portal.jobs.operations.recovery import looking
from portal.jobs.processes import this_host

LOOK_EVERY = 0.2


def see_who_lives(target: str | None = None) -> None:
    """Wait until every lease gave a sign of life or was ended: one time to live at most.

    Those beside the target as well. What is undecided afterwards counts as alive. Call it outside
    of any transaction.
    """
    seconds, why = observing.TTL.total_seconds(), "to see which processes live"
    watch_for(seconds, why, only=_that_matter(), place=place_beside(target))


def watch_beside(target: str) -> None:
    """The same for those beside a target alone, whosever they are."""
    seconds, why = observing.TTL.total_seconds(), f"to see which processes live beside {target}"
    watch_for(seconds, why, only=(), place=place_beside(target))


def _that_matter() -> set[str]:
    """Sites, workers, and whoever carries something out on another machine."""
    with looking():
        leases = {each.uuid for each in live_leases() if each.kind is not LeaseKind.COMMAND}
        elsewhere = {each.lease for each in running_operations() if each.host != this_host()}
    return leases | {uuid for uuid in elsewhere if uuid}


def watch_for(
    seconds: float, why: str, *, only: Collection[str], place: Place | None = None
) -> None:
    """Look for so long at these leases and that place, unless all are decided before."""
    engine = ops_engine(settings().ops_url, patience=2)
    observer.look(engine)
    waited = observer.undecided(only)
    if not waited and not _look_beside(place):
        return
    began = time.monotonic()
    label = f"Waiting up to {seconds:g} seconds {why}"
    with click.progressbar(length=int(seconds * 10), label=label, show_eta=False) as bar:
        while time.monotonic() - began < seconds + LOOK_EVERY:
            if not (_look_beside(place) or observer.undecided(waited)):
                break
            time.sleep(LOOK_EVERY)
            observer.look(engine)
            bar.update(int(LOOK_EVERY * 10))


def _look_beside(place: Place | None) -> bool:
    """Whether there is something left to watch; a place that can't be read is asked by the gate."""
    try:
        if place is not None:
            place.observe()
        return place is not None and place.undecided()
    except PlaceFault:
        return False
