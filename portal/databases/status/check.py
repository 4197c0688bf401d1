"""The output of `flask databases check`: every check runs, and no failure ends the others.

A fault is what a person has to fix; a note is a state that somebody chose, or that the guard
handles on its own. A check that can't run is a fault, by name.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from sqlalchemy.exc import SQLAlchemyError

from portal.core.configuration.settings import settings
from portal.core.errors import PortalError
from portal.core.faults.sentences import fault_of
from portal.core.storage.database import db
from portal.databases.engines.base import first_line
from portal.databases.status.backups import check_backups
from portal.databases.status.checks import ahead, changes, copies, processes, room, schema
from portal.databases.status.checks.finding import Check, CheckedTarget, Finding, RoomCheck
from portal.databases.targets.config import Target, served_target, targets
from portal.databases.targets.identity import IdentityState
from portal.databases.targets.registry import known_control_room
from portal.jobs.operations.recovery import read_and_release

OF_TARGET = (
    Check("The identity", schema.identity, needs_identity=False),
    Check("The guard's own trigger", schema.own_trigger),
    Check("What the control room may read", schema.readable),
    Check("The version table", schema.versions),
    Check("The schema", schema.drift),
    Check("The product's own tables", schema.foreign_own),
    Check("The code of its revisions", schema.code),
    Check("The verification of the last change", changes.verification),
    Check("Maintenance mode", changes.maintenance),
    Check("What is decided about the next change", changes.decided),
    Check("What is pending", changes.pending),
    Check("Its processes", processes.behind),
    Check("Its sessions", processes.strangers),
    Check("The leases beside it", processes.beside),
    Check("Its clock", processes.clocks),
    Check("The rights of its roles", processes.rights),
    Check("The guard in its env.py", processes.guard),
    Check("Its newest backup", copies.fresh_backup),
    Check("What the next backup, restore or change meets", ahead.ahead),
    Check("The sync", copies.sync),
    Check("Its safeguards", changes.safeguards),
)
OF_ROOM = (
    RoomCheck("The schema of the control room's database", room.ops_schema),
    RoomCheck("The file of the control room's database", room.ops_file),
    RoomCheck("The disks and servers of the databases", room.trouble),
    RoomCheck("The connections that servers allow", room.connections),
    RoomCheck("Rows that can’t be read", room.odd_rows),
    RoomCheck("The lock of the control room's database", room.ops_lock),
    RoomCheck("What the next backup of the control room's database meets", ahead.ahead_of_ops),
    RoomCheck("The audit log", room.audit_log),
    RoomCheck("The worker", room.worker),
    RoomCheck("The name of the release", room.release),
    RoomCheck("Operations under way", room.running),
    RoomCheck("Operations with an unknown outcome", room.unknown),
    RoomCheck("Waiting operations", room.waiting),
    RoomCheck("The leases of processes", processes.leases),
    RoomCheck("Free space", room.disks),
    RoomCheck("The newest backup of the control room's database", copies.fresh_backup_of_ops),
    RoomCheck("Copies off this machine", copies.away),
)


def of_room(*, store: bool) -> tuple[RoomCheck, ...]:
    """`store`: each copy off this machine is decrypted as well."""
    return (*OF_ROOM, RoomCheck("The backups", lambda: check_backups(store=store)))


@dataclass
class Checked:
    """One target, or the control room, and the findings about it, each with its remedy."""

    name: str
    target: Target | None = None
    said: list[Finding] = field(default_factory=list)

    @property
    def faults(self) -> list[str]:
        return [each.sentence for each in self.said if each.is_fault]

    @property
    def notes(self) -> list[str]:
        return [each.sentence for each in self.said if not each.is_fault]


def check_targets() -> list[Checked]:
    """Check every expected target. Raises Unavailable without the ops database."""
    db.session.rollback()
    with read_and_release():
        known_control_room()
        return [checked for target in targets() if (checked := _checked(target))]


def check_room(checks: Iterable[RoomCheck]) -> Checked:
    """Check the control room, or what is above single databases. Raises Unavailable."""
    result = Checked("control room")
    db.session.rollback()
    with read_and_release():
        known_control_room()
        for check in checks:
            result.said += _run(check.what, check.look())
    return result


def _checked(target: Target) -> Checked | None:
    subject, result = CheckedTarget(target), Checked(target.name, target)
    try:
        if not _is_expected(subject):
            return None
        fits = subject.judgement.fits
    except Exception as error:
        result.said.append(_unreadable("It", error))
        return result
    for check in OF_TARGET:
        if fits or not check.needs_identity:
            result.said += _run(check.what, check.look(subject))
    return result


def _is_expected(subject: CheckedTarget) -> bool:
    """Whether a database is expected here: it is registered, there, or the one we serve.

    A developer's machine knows no production at all, which is fine.
    """
    return (
        subject.judgement.state is not IdentityState.MISSING
        or subject.known is not None
        or subject.target == served_target()
        or not subject.target.is_directory
    )


def _run(what: str, look: Iterator[Finding]) -> Iterator[Finding]:
    """The findings of a check, up to where it fails."""
    try:
        yield from look
    except Exception as error:
        yield _unreadable(what, error)


def _unreadable(what: str, error: Exception) -> Finding:
    """The fault of a check that could not run: the state is unknown."""
    db.session.rollback()
    expected = isinstance(error, PortalError)
    if not expected and (fault := fault_of(error, settings())):
        error, expected = fault, True
    reason = str(error) if expected else first_line(error)
    kind = "" if expected or isinstance(error, SQLAlchemyError) else f"{type(error).__name__}: "
    return Finding(f"{what} could not be checked: {kind}{reason} Ask again when it answers.")
