"""What `flask databases check` says of each target: faults end it with exit code 1, notes do not.

A fault is what a person has to mend before the database is what it should be; a note is a state
that somebody chose, or that the guard deals with by itself. What can't be asked is a fault.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from portal.core.errors import PortalError
from portal.databases.backup import is_fresh
from portal.databases.beside import why_closed, why_none_can_stand
from portal.databases.engines import engine_for
from portal.databases.engines.base import first_line
from portal.databases.maintenance import require_told
from portal.databases.overview import Overview, overview_of
from portal.databases.registry import known_control_room
from portal.databases.releases import named
from portal.databases.returning import not_verified, stands
from portal.databases.revisions import SEVERAL
from portal.databases.rights import wrong_rights
from portal.databases.targets import Target, targets

VERSIONS = "alembic_version"


@dataclass
class Checked:
    """One target, and what is to be said of it, each with its way out."""

    target: Target
    faults: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def check_targets() -> list[Checked]:
    """Of every target that ought to be there; one that can't be asked never ends the others.

    Raises Unavailable without the ops database.
    """
    known_control_room()
    return [checked for target in targets() if (checked := _checked(target))]


def _checked(target: Target) -> Checked | None:
    result = Checked(target)
    try:
        overview = overview_of(target)
        if not overview.is_expected:
            return None
        result.faults += _faults(overview)
        result.notes += _notes(overview) if overview.fits else []
    except (PortalError, SQLAlchemyError, OSError) as error:
        said = str(error) if isinstance(error, PortalError) else first_line(error)
        result.faults.append(f"It could not be looked at: {said} Ask again when it answers.")
    return result


def _faults(overview: Overview) -> Iterator[str]:
    if not overview.fits:
        yield str(overview.judgement)
        return
    target = overview.target
    with engine_for(target.url).reading() as connection:
        if said := _versions(overview, connection):
            yield said
        elif overview.ahead:
            yield overview.ahead
        if overview.drift:
            yield (
                f"{overview.drift.sentence} Undo it by hand, or an admin accepts it:"
                f" flask databases accept-drift {target.name} --reason WHY"
            )
        yield from _not_told(target, connection)
    if ticket := overview.unreturned:
        yield stands(ticket)
    if (ticket := overview.unverified) and (said := not_verified(ticket)):
        yield said
    for wrong in wrong_rights(target):
        yield f"{wrong} Mend the roles, then run: flask databases roles {target.name}"


def _versions(overview: Overview, connection: Connection) -> str | None:
    """What a hand did to the version table, by the revision that the last change left."""
    found = overview.judgement.revision
    stood = overview.known.revision if overview.known else None
    if found is None and stood:
        tables = engine_for(overview.target.url).tables(connection)
        state = "is empty" if VERSIONS in tables else "is gone"
        sql = f"INSERT INTO {VERSIONS} (version_num) VALUES ('{stood}')"  # noqa: S608
        return f"The version table {VERSIONS} {state}; it stood at {stood}. {_by_hand(sql)}"
    if found and SEVERAL in found:
        at = f"; it stood at {stood}" if stood else ""
        return (
            f"The version table {VERSIONS} holds several revisions, {found}{at}. Leave the one"
            " whose tables are there, by hand; else restore a backup."
        )
    if stood and found != stood and overview.ahead is None:
        sql = f"UPDATE {VERSIONS} SET version_num = '{stood}'"  # noqa: S608
        return (
            f"The version table {VERSIONS} says {found}, and the last change left {stood}. Find"
            f" out who changed it. {_by_hand(sql)}"
        )
    return None


def _by_hand(sql: str) -> str:
    return (
        "Where its tables are as they were, whoever owns the database writes it back by hand:"
        f" {sql}; else restore a backup."
    )


def _not_told(target: Target, connection: Connection) -> Iterator[str]:
    try:
        require_told(target, connection)
    except PortalError as error:
        yield str(error)


def _notes(overview: Overview) -> Iterator[str]:
    name, known, backup = overview.target.name, overview.known, overview.backup
    if known and known.maintenance_since:
        yield (
            f"Maintenance mode is on since {known.maintenance_since:%Y-%m-%d %H:%M} UTC:"
            f" {known.maintenance_because} To end it: flask databases maintenance {name} off"
        )
    if known and known.schema_digest is None:
        yield "No schema is on record, so a change by hand would not show until the next change."
    if overview.target.is_production and not (backup and is_fresh(backup)):
        last = f"The last proven backup, {backup.name}, is older than a day." if backup else ""
        yield f"{last or 'There is no proven backup.'} Take one: flask databases backup {name}"
    if attempt := overview.failed_sync:
        yield f"The newest sync ended {attempt.state}: {attempt.outcome}"
    if closed := why_closed(overview.target):
        yield str(closed)
    if bare := why_none_can_stand(overview.target):
        yield bare
    if behind := [each for each in overview.leases if _is_behind(overview, each.serves)]:
        yield (
            f"These processes can't serve its revision: {'; '.join(map(named, behind))}."
            " They show their maintenance page; deploy the matching code there."
        )


def _is_behind(overview: Overview, serves: list[str]) -> bool:
    return overview.target.is_directory and overview.judgement.revision not in serves
