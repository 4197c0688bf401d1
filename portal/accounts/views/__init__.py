"""The pages of logging in and of accounts; every rule is a service's. Start with `accounts`."""

from flask import Blueprint

blueprint = Blueprint("accounts", "portal.accounts", template_folder="templates")

from portal.accounts.views import (  # noqa: E402, F401
    accounts,
    contacts,
    login,
    organisations,
    password,
    sessions,
    time_zone,
)
