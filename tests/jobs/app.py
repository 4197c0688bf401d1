"""The application with the sample jobs: `flask --app tests.jobs.app jobs work`."""

import os
import signal
import sys

from flask import Flask

import portal.app
import portal.jobs.worker.loop
import tests.jobs.sample  # noqa: F401 — registers its jobs
from portal.databases.tasks.watch import ask_for_sorting
from portal.jobs.worker import each_second
from tests.faults.environment import arm_by_environment
from tests.support.nursery import ASKED_FOR, open_nursery

TICK = "TESTS_TICK_SECONDS"
"""How often the worker looks for what is due; four times a second where nothing is said."""
DEAF = "TESTS_IGNORE_CHILDREN"
"""Started by somebody who ignored the signal that a child has ended: that is handed down."""


def create_app() -> Flask:
    arm_by_environment(sys.argv)
    app = portal.app.create_app()
    if sys.argv[-1] == "work" and ASKED_FOR in os.environ:
        open_nursery()
        portal.jobs.worker.loop.TICK_SECONDS = float(os.environ.get(TICK, "0.25"))
        del each_second._ticks[ask_for_sorting]  # no test asked for it
    if sys.argv[-1] == "work" and DEAF in os.environ:
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    return app
