"""The pages about monitoring, and `/metrics` for machines.

A page shows what the worker measured, and measures nothing itself. Start with `probes`.
"""

from flask import Blueprint

blueprint = Blueprint("monitoring", __name__, template_folder="../templates")

from portal.monitoring.views import (  # noqa: E402, F401
    errors,
    metrics,
    notices,
    outages,
    probes,
)
