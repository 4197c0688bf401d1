"""Where notices go, for admins. An address is never shown whole again."""

from flask import render_template, url_for
from werkzeug.wrappers import Response

from portal.accounts.permissions.access import admins, the_account
from portal.core.forms import commit_and_redirect, form_at, require_pressed
from portal.jobs.operations.service import request_operation
from portal.monitoring.notices.addresses import (
    add_address,
    address_by_id,
    entered_addresses,
    opened,
    remove_address,
    removed_addresses,
    restore_address,
    staff,
)
from portal.monitoring.outage_tasks import TEST
from portal.monitoring.outages.schedule import EVERY, MOST_REMINDERS
from portal.monitoring.views import blueprint
from portal.monitoring.views.forms import NoticeAddressForm


@blueprint.get("/ops/monitoring/notices")
@admins
def list_notice_addresses() -> str:
    entered = entered_addresses()
    return render_template(
        "outages/addresses.html",
        addresses=[(each, opened(each) is not None) for each in entered],
        removed=removed_addresses(),
        staff=staff(),
        every=EVERY,
        most=MOST_REMINDERS,
        form=form_at(NoticeAddressForm, url_for(".create_notice_address")),
    )


@blueprint.post("/ops/monitoring/notices")
@admins
def create_notice_address() -> Response:
    form = NoticeAddressForm()
    form.require()
    address = add_address(form.address.data, by=the_account())
    return _done(f"Notices go to {address.name} now. Send a test to see whether they arrive.")


@blueprint.post("/ops/monitoring/notices/<int:address_id>/test")
@admins
def create_test_notice(address_id: int) -> Response:
    require_pressed()
    address_id = address_by_id(address_id).id
    operation = request_operation(TEST, by=the_account(), arguments={"address": address_id})
    address = url_for("jobs.show_operation", operation_id=operation.id)
    return commit_and_redirect(address, "The worker sends a test notice.")


@blueprint.post("/ops/monitoring/notices/<int:address_id>/removal")
@admins
def create_notice_address_removal(address_id: int) -> Response:
    require_pressed()
    address = address_by_id(address_id)
    remove_address(address, by=the_account())
    return _done(f"Notices go to {address.name} no longer. You can restore it below.")


@blueprint.post("/ops/monitoring/notices/<int:address_id>/restoration")
@admins
def create_notice_address_restoration(address_id: int) -> Response:
    require_pressed()
    address = address_by_id(address_id)
    restore_address(address, by=the_account())
    return _done(f"Notices go to {address.name} again.")


def _done(sentence: str) -> Response:
    return commit_and_redirect(url_for(".list_notice_addresses"), sentence)
