"""The rights of the role that serves a target, on engines that have roles."""

from collections.abc import Mapping

from sqlalchemy import Connection
from sqlalchemy.engine import URL

from portal.audit.chain.triggers import RIGHTS as AUDIT_RIGHTS
from portal.core.configuration.settings import OPS
from portal.core.errors import Conflict
from portal.core.storage.sqlite import SchemaAccess
from portal.databases.engines import engine_for
from portal.databases.policies.drift import note_own_change
from portal.databases.targets.config import Target
from portal.databases.targets.identity import require_fit
from portal.databases.targets.ops_address import require_own_tables


def site_url(target: Target) -> URL:
    """The address at which the sites serve the target, with a role that can't run DDL."""
    return target.site_url


def has_two_roles(target: Target) -> bool:
    """Whether the sites use another role than the one that changes the target."""
    return site_url(target).username != target.url.username


def script_for(target: Target) -> list[str]:
    """The SQL that a superuser runs first. Raises Conflict if there are not two roles."""
    _require_two_roles(target)
    return engine_for(target.url).roles_script(site_url(target))


def grant_to_site(target: Target, connection: Connection) -> None:
    """Let the site's role read and write rows; no-op if there is one role. The caller commits."""
    if has_two_roles(target):
        site = site_url(target).username or ""
        engine_for(target.url).grant(connection, site, _limits(target))


def renew_rights(target: Target) -> list[str]:
    """Grant the rights of the site's role again, and restore the database's own guard.

    Returns what is still wrong, a sentence each. The caller commits. Raises Conflict if there are
    not two roles and there is nothing to restore.
    """
    engine = engine_for(target.url)
    with engine.reading() as connection:
        if target.name == OPS or not engine.guard_faults(connection):
            _require_two_roles(target)
    with engine.changing(SchemaAccess.OWN_TABLES) as connection:
        _require_own(target, connection)
        before = engine.schema_objects(connection)
        grant_to_site(target, connection)
        engine.protect(connection)
        after = engine.schema_objects(connection)
    note_own_change(target, before, after)
    return guard_faults(target) + wrong_rights(target)


def put_back(name: str) -> str:
    """What to do about faults of the database's own trigger."""
    return f"Find out who changed it, then put it back: flask databases roles {name}"


def guard_faults(target: Target) -> list[str]:
    """What is wrong with the database's own trigger, a sentence each."""
    engine = engine_for(target.url)
    with engine.reading() as connection:
        return engine.guard_faults(connection)


def _require_own(target: Target, connection: Connection) -> None:
    """Raises Refused: this control room does not manage the roles of another database."""
    if target.name == OPS:
        require_own_tables(connection, target.admin_variable)
        return
    require_fit(target, connection)


def wrong_rights(target: Target) -> list[str]:
    """Rights that either role has in excess or lacks; empty if both roles are the same."""
    if not has_two_roles(target):
        return []
    engine, site = engine_for(target.url), site_url(target).username or ""
    with engine.reading() as connection:
        return engine.wrong_rights(connection, site, _limits(target))


def _limits(target: Target) -> Mapping[str, str]:
    """Tables on which the site's role needs fewer rights than on the others."""
    return AUDIT_RIGHTS if target.name == OPS else {}


def _require_two_roles(target: Target) -> None:
    if not has_two_roles(target):
        raise Conflict(
            f"{target.name.capitalize()} is served and changed by one and the same role.",
            remedy=f"Set {target.admin_variable} for the worker and this command.",
        )
