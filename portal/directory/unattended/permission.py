"""When the worker may write into a directory that no one asked it to change."""

from sqlalchemy import Connection

from portal.databases.policies.maintenance import notice
from portal.databases.targets.config import Target
from portal.databases.targets.identity import judge
from portal.databases.targets.registry import registered_target
from portal.jobs.operations.exclusion import at_work_on
from portal.jobs.operations.recovery import read_and_release


def is_known(target: Target) -> bool:
    """Whether this control room has registered a database under this name. Holds no lock
    afterwards."""
    with read_and_release():
        return registered_target(target.name) is not None


def why_not_now(target: Target) -> str | None:
    """Why the worker may not write into the directory without a request; None if it may."""
    known = registered_target(target.name)
    if known is None or not judge(target).fits:
        return f"{target.name.capitalize()} is not as this control room knows it."
    if known.is_in_maintenance:
        return f"{target.name.capitalize()} is in maintenance mode."
    if at_work_on(target.name):
        return f"{target.name.capitalize()} is being worked on."
    return None


def is_writable(connection: Connection) -> bool:
    """Read from the directory itself, under its lock: maintenance may have begun since."""
    return notice(connection) is None
