"""The account's own time zone."""

from flask import render_template, url_for
from werkzeug.wrappers import Response

from portal.accounts.clients.forms import TimeZoneForm
from portal.accounts.permissions.access import anybody, the_account
from portal.accounts.reader_zone import browser_zone_name
from portal.accounts.service import choose_time_zone
from portal.accounts.views import blueprint
from portal.audit.refusals import record_refusal
from portal.core.errors import Invalid
from portal.core.forms import commit_and_redirect


@blueprint.get("/ops/time-zone")
@anybody
def show_time_zone() -> str:
    return _page(TimeZoneForm(time_zone=the_account().chosen_zone))


@blueprint.post("/ops/time-zone")
@anybody
def update_time_zone() -> Response | tuple[str, int]:
    form, account = TimeZoneForm(), the_account()
    if not form.sent():
        return _page(form), 400
    try:
        choose_time_zone(account, form.time_zone.data, by=account)
    except Invalid as error:
        record_refusal(error, by=account)
        return _page(form, str(error)), 400
    return commit_and_redirect(
        url_for("accounts.show_time_zone"),
        f"Your pages show times in {account.chosen_zone or 'your browser’s time zone'}.",
    )


def _page(form: TimeZoneForm, error: str | None = None) -> str:
    return render_template(
        "accounts/time_zone.html", form=form, error=error, browser=browser_zone_name()
    )
