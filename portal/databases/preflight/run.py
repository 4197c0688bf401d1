"""All that a preflight asks; a question that fails is a finding, and ends no other.

Each engine has questions of its own: its roles, its owners and what a restore may make on
PostgreSQL, the file on SQLite.
"""

from collections.abc import Iterable, Iterator

from sqlalchemy.exc import SQLAlchemyError

from portal.core.errors import PortalError
from portal.core.storage.database import db, reading
from portal.databases.engines.base import first_line
from portal.databases.preflight import (
    postgresql_access,
    postgresql_ownership,
    postgresql_restore,
    postgresql_rows,
    revisions,
    room,
    sqlite_file,
    sqlite_rows,
)
from portal.databases.preflight.findings import AGAIN, Found, Look, Subject
from portal.databases.targets.config import Target

OF_POSTGRESQL = (
    Look("The connection of the worker's role", postgresql_access.reach, inside=False),
    Look("The roles", postgresql_access.roles, inside=False),
    Look("The connection of the sites' role", postgresql_access.site, inside=False),
    Look("The room for connections", postgresql_access.room, inside=False),
    Look("Whether it takes writes", postgresql_access.writable),
    Look("The owners", postgresql_ownership.owners),
    Look("What can be read", postgresql_ownership.readable),
    Look("The rights of the sites' role", postgresql_ownership.site_rights),
    Look("The programs for backups", postgresql_restore.programs),
    Look("The extensions", postgresql_restore.extensions),
    Look("Prepared transactions", postgresql_restore.prepared),
    Look("The schema restored once", postgresql_restore.trial, is_light=False),
    Look("Rows that refer to nothing", postgresql_rows.references),
    Look("Rows that break a check", postgresql_rows.checks),
    Look("Values that can't be read", postgresql_rows.values),
)
OF_SQLITE = (
    Look("The connection", sqlite_file.reach, inside=False),
    Look("The file", sqlite_file.file, inside=False),
    Look("The integrity of the file", sqlite_file.integrity),
    Look("Rows that refer to nothing", sqlite_rows.references),
    Look("Values that can't be read", sqlite_rows.values),
)
OF_EACH = (
    Look("The identity", revisions.identity, inside=False, at_adoption=False),
    Look("The version table", revisions.versions),
    Look("What the pending revisions ask of the rows", revisions.refusals),
    Look("The disk", room.disk, inside=False),
    Look("The folders", room.folders, inside=False),
    Look("The backup key", room.key, inside=False),
    Look("The clock", room.clock, inside=False),
)


def preflight(target: Target, *, adopting: bool = False) -> list[Found]:
    """All that was found about the target's database. Changes nothing."""
    looks = (each for each in looks_for(target) if each.at_adoption or not adopting)
    return asked(Subject(target), looks)


def preflight_for_check(target: Target) -> list[Found]:
    """What `flask databases check` says of it: without what other checks say."""
    looks = (each for each in looks_for(target) if each.is_light and each.at_adoption)
    return [each for each in asked(Subject(target), looks) if each.in_check]


def looks_for(target: Target) -> tuple[Look, ...]:
    own = {"postgresql": OF_POSTGRESQL, "sqlite": OF_SQLITE}[target.url.get_backend_name()]
    return own + OF_EACH


def asked(subject: Subject, looks: Iterable[Look]) -> list[Found]:
    """What these questions find; those about the inside wait for a connection."""
    found: list[Found] = []
    left_out: list[str] = []
    for look in looks:
        if look.inside and not subject.reached:
            left_out.append(look.what)
        else:
            found += _run(look, subject)
    return [*found, *_left_out(left_out)]


def _run(look: Look, subject: Subject) -> list[Found]:
    """What a question found, up to where it failed."""
    found: list[Found] = []
    try:
        with reading():
            for each in look.ask(subject):
                found.append(each)  # noqa: PERF402 — kept if the next one fails
    except Exception as error:
        found.append(_unmeasured(look.what, error))
    finally:
        db.session.rollback()
    return found


def _unmeasured(what: str, error: Exception) -> Found:
    expected = isinstance(error, PortalError)
    reason = str(error) if expected else first_line(error)
    kind = "" if expected or isinstance(error, SQLAlchemyError) else f"{type(error).__name__}: "
    return Found(f"{what} could not be checked: {kind}{reason}", AGAIN, is_unknown=True)


def _left_out(whats: list[str]) -> Iterator[Found]:
    if whats:
        names = "; ".join(each[0].lower() + each[1:] for each in whats)
        yield Found(
            f"Nothing inside the database could be checked: {names}.", AGAIN, is_unknown=True
        )
