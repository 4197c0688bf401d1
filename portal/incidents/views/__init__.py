"""The pages of incident reports: they read forms and render pages; the services have the rules.

The pages of staff and of the client area. Start with `reports` and `client_area`.
"""

from flask import Blueprint

from portal.documents.editor import register_editor
from portal.documents.rendering.plain_text import linkify
from portal.incidents.presentation.plain_words import day_words
from portal.incidents.writing import REPORTS

blueprint = Blueprint("incidents", "portal.incidents", template_folder="templates")
blueprint.add_app_template_filter(linkify, "typed_text")
blueprint.add_app_template_filter(day_words)

from portal.incidents.views import (  # noqa: E402, F401
    client_area,
    links,
    live,
    live_acts,
    live_client,
    measures,
    readers,
    reports,
    seeding,
    sharing,
    unshared,
)

register_editor(blueprint, REPORTS, at="/ops/incidents")
