"""The pages about targets, their backups and their changes; all rules are in the services.

A page requests operations and never changes a target itself. Start with `databases`.
"""

from flask import Blueprint

from portal.databases.status.overview import band_of

blueprint = Blueprint(
    "databases", "portal.databases", url_prefix="/ops", template_folder="templates"
)
blueprint.add_app_template_global(band_of, "target_band")

from portal.databases.views import (  # noqa: E402, F401
    adoptions,
    backups,
    databases,
    migrations,
    policies,
    restores,
    windows,
)
