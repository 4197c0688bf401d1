"""The account's own time zone."""

from functools import partial

from flask import render_template, url_for
from werkzeug.wrappers import Response

from portal.accounts.clients.forms import TimeZoneForm
from portal.accounts.permissions.access import anybody, the_account
from portal.accounts.reader_zone import browser_zone_name
from portal.accounts.service import choose_time_zone
from portal.accounts.views import blueprint
from portal.core.forms import commit_and_redirect, form_at


@blueprint.get("/ops/time-zone")
@anybody
def show_time_zone() -> str:
    form = partial(TimeZoneForm, time_zone=the_account().chosen_zone)
    return render_template(
        "accounts/time_zone.html",
        form=form_at(form, url_for(".update_time_zone")),
        browser=browser_zone_name(),
    )


@blueprint.post("/ops/time-zone")
@anybody
def update_time_zone() -> Response:
    form, account = TimeZoneForm(), the_account()
    form.require()
    choose_time_zone(account, form.time_zone.data, by=account)
    return commit_and_redirect(
        url_for("accounts.show_time_zone"),
        f"Your pages show times in {account.chosen_zone or 'your browser’s time zone'}.",
    )
