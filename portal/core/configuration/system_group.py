"""PORTAL_GROUP: the group of the two system users that the sites and the worker run as."""

import grp

from portal.core.errors import SettingError


def group_setting(value: str) -> int | None:
    """The group's number; None if it is empty: one system user. Raises SettingError."""
    if not value:
        return None
    if value.isdecimal():
        return int(value)
    try:
        return grp.getgrnam(value).gr_gid
    except KeyError:
        raise SettingError(
            f"PORTAL_GROUP is “{value}”, and this machine has no such group."
        ) from None
