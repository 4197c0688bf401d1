"""The pages of incident reports."""

from flask import Blueprint

blueprint = Blueprint("incidents", "portal.incidents", template_folder="templates")

from portal.incidents.views import reports  # noqa: E402, F401
