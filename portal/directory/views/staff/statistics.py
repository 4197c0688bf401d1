"""Figures about the directory."""

from flask import render_template

from portal.core.configuration.settings import settings
from portal.core.storage.database import db
from portal.directory.queue.counts import count_waiting, shown
from portal.directory.statistics.reading import known_now, latest_figures
from portal.directory.views.staff import blueprint


@blueprint.get("/statistics")
def show_statistics() -> str:
    connection = db.session.connection()
    return render_template(
        "staff/statistics.html",
        known=known_now(connection),
        figures=latest_figures(settings().env.value),
        waiting=count_waiting(connection),
        shown=shown,
    )
