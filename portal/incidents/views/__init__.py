"""The pages of incident reports."""

from flask import Blueprint

from portal.documents.plain import linkify
from portal.incidents.showing import day_words

blueprint = Blueprint("incidents", "portal.incidents", template_folder="templates")
blueprint.add_app_template_filter(linkify, "typed_text")
blueprint.add_app_template_filter(day_words)

from portal.incidents.views import (  # noqa: E402
    door,  # noqa: F401
    editing,  # noqa: F401
    links,  # noqa: F401
    readers,  # noqa: F401
    reports,  # noqa: F401
    sharing,  # noqa: F401
    unshared,  # noqa: F401
)
