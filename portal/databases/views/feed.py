"""/status/maintenance.ics: when production is to be changed, as a public calendar."""

from urllib.parse import urlsplit

from flask import Blueprint, Response

from portal.core.configuration.settings import Environment, settings
from portal.databases.policies.windows_ical import calendar_of, windows_to_announce

blueprint = Blueprint("maintenance", "portal.databases.feed", url_prefix="/status")
SECONDS = 300


@blueprint.get("/maintenance.ics")
def feed() -> Response:
    """It works while the directory is down: it queries the control room's database only."""
    config = settings()
    answer = Response(
        calendar_of(
            windows_to_announce(Environment.PRODUCTION.value),
            title=f"{config.site_name}: planned maintenance",
            host=urlsplit(config.base_url).hostname or "localhost",
        ),
        mimetype="text/calendar",
    )
    answer.headers["Cache-Control"] = f"public, max-age={SECONDS}"
    return answer
