"""The application with the sample jobs: `flask --app tests.jobs.app jobs work`."""

from flask import Flask

import portal.app
import tests.jobs.sample  # noqa: F401 — registers its jobs


def create_app() -> Flask:
    return portal.app.create_app()
