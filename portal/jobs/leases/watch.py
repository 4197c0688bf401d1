"""Observe leases before a command changes a database, as no worker may have done so."""

import time
from collections.abc import Collection

import click

from portal.core.configuration.settings import settings
from portal.jobs.connection import ops_engine
from portal.jobs.leases import observing
from portal.jobs.leases.holder import live_leases
from portal.jobs.leases.observing import observer
from portal.jobs.leases.places import LeaseStore, LeaseStoreFault, place_beside
from portal.jobs.models import LeaseKind
from portal.jobs.operations.queries import running_operations
from portal.jobs.operations.recovery import read_and_release
from portal.jobs.processes import this_host

LOOK_EVERY = 0.2


def wait_for_leases(target: str | None = None) -> None:
    """Wait until each lease was renewed or ended: at most one TTL.

    Includes those next to the target. What is undecided afterwards counts as alive. Call it outside
    of any transaction.
    """
    seconds, why = observing.TTL.total_seconds(), "to see which processes live"
    watch_for(seconds, why, only=_that_matter(), place=place_beside(target))


def watch_beside(target: str) -> None:
    """The same, only for leases next to a target, of any control room."""
    seconds, why = observing.TTL.total_seconds(), f"to see which processes live beside {target}"
    watch_for(seconds, why, only=(), place=place_beside(target))


def _that_matter() -> set[str]:
    """Sites, workers, and processes that run something on another machine."""
    with read_and_release():
        leases = {each.uuid for each in live_leases() if each.kind is not LeaseKind.COMMAND}
        elsewhere = {each.lease for each in running_operations() if each.host != this_host()}
    return leases | {uuid for uuid in elsewhere if uuid}


def watch_for(
    seconds: float, why: str, *, only: Collection[str], place: LeaseStore | None = None
) -> None:
    """Observe these leases and the place for at most this many seconds, until all are decided."""
    engine = ops_engine(settings().ops_url, patience=2)
    observer.look(engine)
    waited = observer.undecided(only)
    if not waited and not _observe_place(place):
        return
    began = time.monotonic()
    label = f"Waiting up to {seconds:g} seconds {why}"
    with click.progressbar(length=int(seconds * 10), label=label, show_eta=False) as bar:
        while time.monotonic() - began < seconds + LOOK_EVERY:
            if not (_observe_place(place) or observer.undecided(waited)):
                break
            time.sleep(LOOK_EVERY)
            observer.look(engine)
            bar.update(int(LOOK_EVERY * 10))


def _observe_place(place: LeaseStore | None) -> bool:
    """Whether undecided leases remain; a place that can't be read is left to the release gate."""
    try:
        if place is not None:
            place.observe()
        return place is not None and place.undecided()
    except LeaseStoreFault:
        return False
