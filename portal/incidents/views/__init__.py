"""The pages of incident reports."""

from flask import Blueprint

from portal.documents.plain import linkify
from portal.incidents.showing import day_words

blueprint = Blueprint("incidents", "portal.incidents", template_folder="templates")
blueprint.add_app_template_filter(linkify, "typed_text")
blueprint.add_app_template_filter(day_words)

from portal.incidents.views import door, editing, links, readers, reports  # noqa: E402, F401
