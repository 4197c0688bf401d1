"""The client's door."""

from flask import render_template

from portal.accounts.access import clients
from portal.accounts.views import blueprint


@blueprint.get("/client")
@clients
def show_client_door() -> str:
    return render_template("accounts/client.html")
