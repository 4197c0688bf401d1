"""Adoption by the worker; leases and places beside targets; adoptions by other control rooms."""

import logging

from sqlalchemy.exc import SQLAlchemyError

from portal.accounts.models import Role
from portal.audit.actor import SYSTEM
from portal.audit.service import Outcome, record
from portal.core.errors import Forbidden, PortalError, Refusal
from portal.core.storage.database import JsonDict, db
from portal.core.storage.sqlite import SchemaAccess
from portal.databases.engines import engine_for
from portal.databases.policies.held import running_change
from portal.databases.policies.overrides import CONSOLE
from portal.databases.policies.target_leases import place_of
from portal.databases.preflight.report import in_short
from portal.databases.preflight.run import preflight
from portal.databases.public_version.version import has_epoch, renew_epoch
from portal.databases.targets.adoption import adopt, what_stands
from portal.databases.targets.config import Target, target_named, targets
from portal.databases.targets.control_rooms import name_room, room_of_label, sign, this_room
from portal.databases.targets.identity import IdentityState, Judgement, judge
from portal.databases.targets.identity_label import read_label
from portal.databases.targets.models import RegisteredTarget
from portal.databases.targets.readiness import serves
from portal.databases.targets.registry import registered_target
from portal.jobs.leases.holder import held_lease
from portal.jobs.leases.places import LeaseStoreFault
from portal.jobs.models import Operation, OperationState
from portal.jobs.operations.progress import Progress
from portal.jobs.operations.recovery import read_and_release
from portal.jobs.operations.registry import Truth, job
from portal.jobs.worker.each_second import every


def _is_adopted(operation: Operation) -> Truth:
    if judge(target_named(operation.target or "")).fits:
        return OperationState.DONE, "It was adopted.", None
    return OperationState.FAILED, "Nothing was changed.", None


@job("databases.adopt", title="Adopt a database", reconcile=_is_adopted, exclusive=True)
def adopt_target(progress: Progress, operation: Operation) -> JsonDict:
    """The phrase is compared again, with what is there now."""
    target, arguments = target_named(operation.target or ""), operation.arguments
    by = operation.requested_by
    if by.role not in {Role.ADMIN, CONSOLE}:
        raise Forbidden("Only an admin may adopt a database.",
                        refusal=Refusal("target.adopted", target.name))  # fmt: skip
    for sentence in what_stands(target, judge(target)):
        progress.say(sentence)
    phrase, reason = str(arguments.get("text", "")), str(arguments.get("reason", ""))
    db.session.rollback()
    with progress.step("Look at what would stop its backups and changes"):
        for each in preflight(target, adopting=True):
            progress.say(in_short(each, target.name))
    row = adopt(target, phrase=phrase, reason=reason, by=by)
    return {"sentence": f"This is {row.name} from now on, as database {row.database_uuid}."}


EVERY = 5.0
"""Seconds within which a takeover by another control room is noticed."""

log = logging.getLogger(__name__)


@every(EVERY)
def look_after_places() -> None:
    """Hold the worker's lease beside each target, record the places, notice takeovers."""
    with read_and_release():
        found = [(target, judge(target)) for target in targets() if registered_target(target.name)]
    _hold_leases([target for target, judgement in found if judgement.fits])
    for target, judgement in found:
        try:
            _look_after(target, judgement)
        except (PortalError, SQLAlchemyError, OSError) as error:
            log.warning("The leases and label of %s were not updated: %s", target.name, error)
            db.session.rollback()


def _hold_leases(fitting: list[Target]) -> None:
    """A place may be slow to answer: no lock on ops is held meanwhile."""
    with read_and_release():
        places = [place_of(target) for target in fitting]
    if held := held_lease():
        held.stand_at(places)


def _look_after(target: Target, judgement: Judgement) -> None:
    with read_and_release():
        row = registered_target(target.name)
        trusted, taken_by = (row.lease_place, row.taken_by) if row else (None, None)
    if judgement.fits:
        _complete_label(target)
        if target.is_directory and serves(judgement.revision):
            _complete_versions(target)
        _note_place(target, trusted)
    label = judgement.label
    if judgement.state is IdentityState.TAKEN and label and label.signature != taken_by:
        _record_takeover(target, judgement)


def _note_place(target: Target, trusted: str | None) -> None:
    """Record the place once every live process has had the time to write there."""
    with read_and_release():
        place = place_of(target)
    try:
        number = place.read().place
    except LeaseStoreFault:
        return  # the gate and the pages report it
    if number != trusted and place.trusts(number):
        db.session.get_one(RegisteredTarget, target.name).lease_place = number
        db.session.commit()


def _complete_label(target: Target) -> None:
    """A label of an earlier release names no control room; written once, under the lock."""
    with read_and_release():
        if running_change(target.name):
            return  # it holds the lock; there is time afterwards
    engine = engine_for(target.url)
    with engine.reading() as connection:
        label = read_label(connection)
        if label is None or room_of_label(connection, label) is not None:
            return
    name_room()
    room = this_room()
    db.session.commit()
    with engine.changing(SchemaAccess.OWN_TABLES) as connection:
        if (found := read_label(connection)) and found == label:
            sign(connection, found, room)
            engine.protect(connection)


def _complete_versions(target: Target) -> None:
    """Create them in a database from an earlier release or a restore; once, under the lock."""
    with read_and_release():
        if running_change(target.name):
            return
    with engine_for(target.url).reading() as connection:
        if has_epoch(connection):
            return
    renew_epoch(target)


def _record_takeover(target: Target, judgement: Judgement) -> None:
    """Audit a takeover once for each label; home, `check` and the pages show it as well."""
    row = db.session.get_one(RegisteredTarget, target.name)
    label, room = judgement.label, judgement.room
    row.taken_by = label.signature if label else None
    record(
        "target.taken-over",
        by=SYSTEM,
        outcome=Outcome.DONE,
        target=target.name,
        details={"room": room.uuid if room else "", "room_title": str(room)},
        reason=judgement.sentence,
    )
    db.session.commit()
