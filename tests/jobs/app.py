"""The application with the sample jobs: `flask --app tests.jobs.app jobs work`."""

import os
import sys

from flask import Flask

import portal.app
import tests.jobs.sample  # noqa: F401 — registers its jobs
from tests.faults.told import arm_as_told
from tests.support.nursery import ASKED_FOR, open_nursery


def create_app() -> Flask:
    arm_as_told(sys.argv)
    app = portal.app.create_app()
    if sys.argv[-1] == "work" and ASKED_FOR in os.environ:
        open_nursery()
    return app
