"""The pages about targets, their backups and their changes; all rules are in the services.

A page requests operations and never changes a target itself. Start with `databases`.
"""

from functools import partial

from flask import Blueprint

from portal.core.forms import form_at
from portal.databases.forms import (
    BackupForm,
    ChangeForm,
    KnownSessionForm,
    MaintenanceForm,
    OverrideForm,
    ReasonForm,
    RestoreForm,
)
from portal.databases.status.overview import band_of

blueprint = Blueprint(
    "databases", "portal.databases", url_prefix="/ops", template_folder="templates"
)
blueprint.add_app_template_global(band_of, "target_band")
for kind in (BackupForm, ChangeForm, MaintenanceForm, OverrideForm, ReasonForm, RestoreForm):
    name = kind.__name__.removesuffix("Form").lower()
    blueprint.add_app_template_global(partial(form_at, kind), f"{name}_form")
blueprint.add_app_template_global(partial(form_at, KnownSessionForm), "known_session_form")

from portal.databases.views import (  # noqa: E402, F401
    adoptions,
    backups,
    databases,
    migrations,
    policies,
    windows,
)
