"""The pages of runbooks and of their runs; all rules are in the services.

Start with `texts` for what can be followed, and with `runs` for following it.
"""

from flask import Blueprint

from portal.accounts.permissions.access import guard_blueprint
from portal.runbooks.format.captions import caption_of
from portal.runbooks.presentation.live import live_of

blueprint = Blueprint("runbooks", "portal.runbooks", url_prefix="/ops", template_folder="templates")
guard_blueprint(blueprint)
blueprint.add_app_template_global(live_of)
blueprint.add_app_template_global(caption_of)

from portal.runbooks.views import runs, texts  # noqa: E402, F401
