"""The pages of incident reports."""

from flask import Blueprint

blueprint = Blueprint("incidents", "portal.incidents", template_folder="templates")
