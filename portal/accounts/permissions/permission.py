"""One row of the table of permissions: see `portal.accounts.permissions.table`."""

from dataclasses import dataclass
from enum import StrEnum

from portal.accounts.models import Role


class Fresh(StrEnum):
    """Whether the login may be older than 30 minutes."""

    ALWAYS = "always"
    ON_PRODUCTION = "on production"
    NEVER = "never"


class Concerns(StrEnum):
    """Where a request names its database: in its address, or in a field."""

    ADDRESS = "target"
    FIELD = "target field"
    INPUT = "input of a runbook"
    BACKUP = "backup"
    WINDOW = "window"
    RUN = "run"
    OPERATION = "operation"


@dataclass(frozen=True)
class Permission:
    """`roles` is None where no login is needed; `action` is None where nothing is recorded.

    `in_view`: the view requires the fresh login itself, after saving the input.
    """

    does: str
    roles: tuple[Role, ...] | None
    fresh: Fresh
    action: str | None
    concerns: Concerns | None = None
    in_view: bool = False
    is_export: bool = False


def production(
    does: str, roles: tuple[Role, ...], action: str, concerns: Concerns, *, in_view: bool = False
) -> Permission:
    """Development needs no fresh login; production, and an unidentified database, does."""
    return Permission(does, roles, Fresh.ON_PRODUCTION, action, concerns, in_view)
