"""Permissions of monitoring; see `table`."""

from portal.accounts.models import STAFF, Role
from portal.accounts.permissions.permission import Fresh, Permission

ADMINS, ALWAYS = (Role.ADMIN,), Fresh.ALWAYS

MONITORING = {
    "monitoring.update_public_address": Permission(
        "set the public address of a database’s site", ADMINS, ALWAYS, "target.address-changed"
    ),
    "monitoring.update_probe": Permission("change a probe", ADMINS, ALWAYS, "probe.changed"),
    "monitoring.create_acknowledgement": Permission(
        "acknowledge an outage, which ends its notices", STAFF, ALWAYS, "outage.acknowledged"
    ),
    "monitoring.create_notice_address": Permission(
        "add an address that notices of outages go to", ADMINS, ALWAYS, "notices.address-added"
    ),
    "monitoring.create_notice_address_removal": Permission(
        "remove such an address", ADMINS, ALWAYS, "notices.address-removed"
    ),
    "monitoring.create_notice_address_restoration": Permission(
        "restore such an address", ADMINS, ALWAYS, "notices.address-restored"
    ),
    "monitoring.create_test_notice": Permission(
        "send a test notice to such an address", ADMINS, ALWAYS, "operation.requested"
    ),
}
