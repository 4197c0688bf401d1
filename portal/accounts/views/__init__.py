"""The pages for login and accounts; every rule is in a service. Start with `accounts`."""

from flask import Blueprint

blueprint = Blueprint("accounts", "portal.accounts", template_folder="templates")

from portal.accounts.views import (  # noqa: E402, F401
    accounts,
    contacts,
    demo_login,
    login,
    organisations,
    password,
    sessions,
    time_zone,
)
