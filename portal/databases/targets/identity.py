"""What a database is: its label, its anchor and the registry must agree. The URL never decides."""

import sqlite3
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection
from sqlalchemy.exc import DatabaseError

from portal.core.configuration.settings import settings
from portal.core.errors import PortalError, Refused
from portal.core.faults.alarm import alarm, alarm_about
from portal.core.faults.cause import Cause, cause_of
from portal.core.faults.places import target_place
from portal.core.faults.sentences import fault_at
from portal.core.page import cached_per_page
from portal.databases.engines import engine_at, engine_for
from portal.databases.engines.base import DatabaseEngine, first_line, same_anchor
from portal.databases.migrations.history import current_revision
from portal.databases.targets import identity_messages
from portal.databases.targets.config import Target, targets
from portal.databases.targets.control_rooms import Room, room_of_label
from portal.databases.targets.identity_label import BrokenLabel, Label, read_label
from portal.databases.targets.models import ControlRoom, RegisteredTarget
from portal.databases.targets.registry import (
    known_control_room,
    registered_database,
    registered_target,
)


class IdentityState(StrEnum):
    """The rows of the table "What may write", and the reasons why a database can't be checked."""

    MISSING = "missing"
    UNREACHABLE = "unreachable"
    EMPTY = "empty"
    UNLABELLED = "unlabelled"
    FITS = "fits"
    UNKNOWN = "unknown"
    COPY = "copy"
    MOVED = "moved"
    MISPLACED = "misplaced"
    FORGED = "forged"
    TAKEN = "taken over"


@dataclass(frozen=True)
class Judgement:
    """What the database at a target's address is, in one sentence, and what to do about it.

    `is_damaged`: it could not be read, as the engine finds its content damaged.
    """

    state: IdentityState
    sentence: str
    remedy: str | None = None
    label: Label | None = None
    revision: str | None = None
    registered: RegisteredTarget | None = None
    room: Room | None = None
    is_damaged: bool = False

    @property
    def is_anothers(self) -> bool:
        """Whether the label is another control room's; `room` names it, if the label says so."""
        return self.room is not None

    @property
    def fits(self) -> bool:
        return self.state is IdentityState.FITS

    @property
    def is_there(self) -> bool:
        return self.state not in {IdentityState.MISSING, IdentityState.UNREACHABLE}

    def __str__(self) -> str:
        return f"{self.sentence} {self.remedy}" if self.remedy else self.sentence


def judge(target: Target, *, connection: Connection | None = None) -> Judgement:
    """Judge what the database at the target's address is. Raises Unavailable without ops.

    With a connection, the database of that connection is judged, in its own transaction: the
    database that is judged is the one that will be written to.
    """
    if connection is not None:
        return _Case(target, engine_for(target.url), connection).judgement()
    return _judged(target)


def require_fit(target: Target, connection: Connection | None = None) -> Judgement:
    """The judgement of the registered database. Raises Refused for any other, or for none."""
    judgement = judge(target, connection=connection)
    if not judgement.fits:
        raise Refused(judgement.sentence, remedy=judgement.remedy)
    return judgement


@cached_per_page
def _judged(target: Target) -> Judgement:
    engine = engine_for(target.url)
    if not engine.exists():
        known = registered_target(target.name)
        if known:
            alarm(fault_at(target_place(settings(), target.name), Cause.MISSING))
        sentence, remedy = identity_messages.missing(target, engine.address, known)
        return Judgement(IdentityState.MISSING, sentence, remedy, registered=known)
    try:
        with engine.reading() as opened:
            return _Case(target, engine, opened).judgement()
    except (DatabaseError, sqlite3.Error, OSError) as error:
        return _unreachable(target, engine, error)


def _unreachable(target: Target, engine: DatabaseEngine, error: Exception) -> Judgement:
    known = registered_target(target.name)
    place = target_place(settings(), target.name)
    if fault := alarm_about(error, settings(), about=place):
        sentence, remedy = fault.sentence, fault.remedy
    else:
        sentence, remedy = identity_messages.unreachable(
            target, engine.address, first_line(error).rstrip(".")
        )
    return Judgement(
        IdentityState.UNREACHABLE,
        sentence,
        remedy,
        registered=known,
        is_damaged=cause_of(error, place.file) is Cause.DAMAGED,
    )


@dataclass(frozen=True)
class _Case:
    target: Target
    engine: DatabaseEngine
    connection: Connection

    def judgement(self) -> Judgement:
        if other := self._other_target_here():
            sentence, remedy = identity_messages.shared(self.target, other)
            return Judgement(IdentityState.MISPLACED, sentence, remedy)
        try:
            label = read_label(self.connection)
        except BrokenLabel:
            return self._forged(self._anchored())
        return self._without_label() if label is None else self._with(label)

    def _without_label(self) -> Judgement:
        known = registered_target(self.target.name)
        tables = set(self.engine.tables(self.connection)) - {"alembic_version"}
        if ControlRoom.__tablename__ in tables:
            message = identity_messages.control_room(self.target, self.engine.address)
            return self._say(IdentityState.MISPLACED, message)
        if not tables and (revision := current_revision(self.connection)):
            message = identity_messages.version_alone(self.target, self.engine.address, revision)
            return self._say(IdentityState.MISPLACED, message)
        if tables:
            message = identity_messages.unlabelled(
                self.target, self.engine.address, known, is_likely=self._is_likely(known)
            )
            return self._say(IdentityState.UNLABELLED, message, known=known)
        if known and not self._was_never_finished(known):
            return self._say(
                IdentityState.UNKNOWN, identity_messages.replaced_by_empty(self.target), known=known
            )
        return self._say(
            IdentityState.EMPTY,
            identity_messages.empty(self.target, self.engine.address),
            known=known,
        )

    def _is_likely(self, known: RegisteredTarget | None) -> bool:
        """Whether a database without a label may be the target's, as far as can be determined."""
        if known:
            return self._is_at(known)
        revision = current_revision(self.connection)
        try:
            return revision is not None and self.target.history.knows(revision)
        except PortalError:
            return False

    def _with(self, label: Label) -> Judgement:
        known = registered_database(label.database_uuid)
        if known is None and (anchored := self._anchored()):
            return self._forged(anchored)
        ours = known_control_room()
        room = self._others_room(label, ours)
        if known is None:
            message = identity_messages.unknown(self.target, label, room)
            return self._say(IdentityState.UNKNOWN, message, label=label, room=room)
        if room is not None and room.uuid:
            message = identity_messages.taken(self.target, label, room)
            return self._say(IdentityState.TAKEN, message, label=label, known=known, room=room)
        return self._say(*self._compare(label, known, ours), label=label, known=known)

    def _others_room(self, label: Label, ours: ControlRoom | None) -> Room | None:
        """The other control room that a label belongs to; without a name if none is recorded."""
        if ours is not None and label.is_signed_with(ours.identity_key):
            return None
        room = room_of_label(self.connection, label)
        return room if room and (ours is None or room.uuid != ours.uuid) else Room("", "")

    def _compare(
        self, label: Label, known: RegisteredTarget, ours: ControlRoom | None
    ) -> tuple[IdentityState, identity_messages.Said]:
        written = (label.application, label.environment)
        if (
            ours is None
            or not label.is_signed_with(ours.identity_key)
            or written != (known.application, known.environment.value)
        ):
            return IdentityState.FORGED, identity_messages.forged(self.target, self.engine.address)
        if not self._is_at(known):
            return self._elsewhere(known)
        if known.name != self.target.name:
            return IdentityState.MISPLACED, identity_messages.misplaced(self.target, known)
        if twin := self._twin(label):
            return IdentityState.COPY, identity_messages.twin(self.target, twin)
        return IdentityState.FITS, identity_messages.fits(self.target)

    def _elsewhere(self, known: RegisteredTarget) -> tuple[IdentityState, identity_messages.Said]:
        """Not at its registered location: a copy if the old location still answers, else moved."""
        original = engine_at(known.anchor, like=self.engine)
        here = engine_at(self.engine.anchor(self.connection), like=self.engine)
        if not self._stands_at(original) and original.same_place(here):
            return IdentityState.MISPLACED, identity_messages.same_file(self.target, known)
        if not self._stands_at(original) and uuid_at(original) == known.database_uuid:
            return IdentityState.COPY, identity_messages.copied(self.target, known)
        if known.name != self.target.name:
            return IdentityState.MISPLACED, identity_messages.misplaced(self.target, known)
        return IdentityState.MOVED, identity_messages.moved(self.target, known)

    def _anchored(self) -> RegisteredTarget | None:
        """The row registered under this target's name, if this is that very file."""
        known = registered_target(self.target.name)
        return known if known and self._is_at(known) else None

    def _forged(self, known: RegisteredTarget | None) -> Judgement:
        message = identity_messages.forged(self.target, self.engine.address)
        return self._say(IdentityState.FORGED, message, known=known)

    def _other_target_here(self) -> Target | None:
        others = (each for each in targets() if each.name != self.target.name)
        return next((each for each in others if engine_for(each.url).same_place(self.engine)), None)

    def _twin(self, label: Label) -> Target | None:
        """Another target whose database carries the same identity."""
        for each in targets():
            if each.name != self.target.name and uuid_at(engine_for(each.url)) == (
                label.database_uuid
            ):
                return each
        return None

    def _was_never_finished(self, known: RegisteredTarget) -> bool:
        """Whether it was registered by a set-up that ended before the database was written."""
        return known.revision is None and self._is_at(known)

    def _is_at(self, known: RegisteredTarget) -> bool:
        return same_anchor(self.engine.anchor(self.connection), known.anchor)

    def _stands_at(self, place: DatabaseEngine) -> bool:
        """Whether the registered address is the one that was judged, whatever is there now."""
        here = engine_at(self.engine.anchor(self.connection), like=self.engine)
        return here.address == place.address

    def _say(
        self,
        state: IdentityState,
        message: identity_messages.Said,
        *,
        label: Label | None = None,
        known: RegisteredTarget | None = None,
        room: Room | None = None,
    ) -> Judgement:
        revision = current_revision(self.connection)
        return Judgement(state, message[0], message[1], label, revision, known, room)


def uuid_at(engine: DatabaseEngine) -> str | None:
    """The identity that answers at an address; None if nothing answers."""
    if not engine.exists():
        return None
    try:
        with engine.reading() as connection:
            label = read_label(connection)
    except (DatabaseError, BrokenLabel):
        return None
    return label.database_uuid if label else None
