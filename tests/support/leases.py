"""Leases that run out in a moment: what an observer would have seen in half a minute."""

import os
from datetime import timedelta
from unittest import mock

from portal.core.configuration.settings import settings
from portal.core.storage.database import db
from portal.jobs.connection import ops_engine
from portal.jobs.leases import holder as leases
from portal.jobs.leases import observing
from portal.jobs.leases.observing import observer

PATIENCE = "TESTS_LEASES_LAST"
"""In the environment of a program that a test starts: the seconds after which a lease is dead."""


def be_as_impatient_as_told() -> None:
    """The product has no such setting: nobody may take a process for dead earlier than the others.

    So it is for tests without a live process that renews its lease as slowly as the product does.
    """
    if seconds := os.environ.get(PATIENCE):
        observing.TTL = timedelta(seconds=float(seconds))
        leases.INTERVAL = observing.TTL / 10


def let_leases_run_out() -> None:
    """Two looks of an observer between which no lease is renewed, with no patience at all."""
    db.session.rollback()
    engine = ops_engine(settings().ops_url, patience=2)
    observer.look(engine)
    with mock.patch.object(observing, "TTL", timedelta(0)):
        observer.look(engine)
