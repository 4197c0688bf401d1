"""The pages of client emails."""

from flask import Blueprint

blueprint = Blueprint("emails", "portal.emails", template_folder="templates")
