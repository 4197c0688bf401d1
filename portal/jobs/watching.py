"""A command that changes a database watches first: no worker may have looked who is dead."""

import time

import click

from portal.core.settings import settings
from portal.jobs import observing
from portal.jobs.connection import ops_engine
from portal.jobs.observing import observer

LOOK_EVERY = 0.2


def see_who_lives() -> None:
    """Wait until every lease gave a sign of life or was ended: one time to live at most.

    What is undecided afterwards counts as alive. Call it outside of any transaction.
    """
    watch_for(observing.TTL.total_seconds(), "to see which processes live")


def watch_for(seconds: float, why: str, *, only: str | None = None) -> None:
    """Look for so long at all leases, or at one, unless all are decided before."""
    engine = ops_engine(settings().ops_url, patience=2)
    observer.look(engine)
    waited = observer.undecided({only} if only else observer.known())
    if not waited:
        return
    began = time.monotonic()
    label = f"Waiting up to {seconds:g} seconds {why}"
    with click.progressbar(length=int(seconds * 10), label=label, show_eta=False) as bar:
        while observer.undecided(waited) and time.monotonic() - began < seconds + LOOK_EVERY:
            time.sleep(LOOK_EVERY)
            observer.look(engine)
            bar.update(int(LOOK_EVERY * 10))
