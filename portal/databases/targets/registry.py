"""This control room and the databases it knows: rows in the ops database."""

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import cast
from uuid import uuid4

from sqlalchemy import Connection, Table, select, true
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.orm import defer

from portal.core.clock import now
from portal.core.configuration.settings import Environment, Settings, settings
from portal.core.errors import PortalError, SettingError, Unavailable
from portal.core.faults.alarm import alarm_about
from portal.core.faults.places import ops_place
from portal.core.page import cached_per_page, current_page
from portal.core.storage.between_pages import cached_until_commit
from portal.core.storage.database import db, reading
from portal.databases.engines.base import Anchor, DatabaseEngine
from portal.databases.migrations.history import current_revision
from portal.databases.targets.config import Target
from portal.databases.targets.identity_label import Label
from portal.databases.targets.models import ControlRoom, RegisteredTarget
from portal.jobs.connection import ops_engine
from portal.jobs.operations.progress import Interrupted
from portal.jobs.processes import this_host

_registered = cast(Table, RegisteredTarget.__table__).c
_OF_EACH = select(_registered.environment, _registered.is_demo)
"""Selects from the table rather than the model: client pages run it on every request."""
_TARGETS = select(RegisteredTarget)
_ROOM_AND_TARGETS = (
    select(ControlRoom, RegisteredTarget)
    .outerjoin(RegisteredTarget, true())
    .where(ControlRoom.id == 1)
    .options(defer(RegisteredTarget.schema_objects))  # only drift needs it
)


@dataclass(frozen=True)
class _Known:
    """What a page knows of the control room: its row, and every registered database."""

    room: ControlRoom | None
    targets: Sequence[RegisteredTarget]


@contextmanager
def ops_required() -> Iterator[None]:
    """Turn a missing or unreadable ops database, or a corrupt row, into one sentence."""
    try:
        yield
    except ValueError as error:
        db.session.rollback()
        raise Unavailable(
            f"What the ops database has on record can’t be read ({error}), so nothing may change.",
            remedy="Restore its newest backup, as docs/bad-night.md says.",
        ) from None
    except DBAPIError as error:
        db.session.rollback()
        if fault := alarm_about(error, settings(), about=ops_place(settings())):
            raise fault from None
        raise


@contextmanager
def outcome_must_be_recorded() -> Iterator[None]:
    """For code after a commit: a failure of ops must not read as if nothing was changed.

    Raises Interrupted, so that the operation checks the database itself for what happened.
    """
    try:
        yield
    except PortalError as error:
        raise Interrupted("The ops database did not answer when the change was made.") from error


def control_room(*, is_demo: bool = False) -> ControlRoom:
    """The one row of this control room; created, with its key, on first use."""
    room = known_control_room()
    if room is None:
        room = ControlRoom(uuid=str(uuid4()), identity_key=secrets.token_bytes(32), is_demo=is_demo)
        room.created_at = now()
        room.title = title_for(room)
        db.session.add(room)
        db.session.flush()
    return room


def title_for(room: ControlRoom) -> str:
    """Where and when it was set up, which is how other control rooms name it."""
    return f"{this_host()}, set up {room.created_at:%Y-%m-%d %H:%M} UTC"


def known_control_room() -> ControlRoom | None:
    with ops_required():
        return _room_of_page() if current_page() else db.session.get(ControlRoom, 1)


@cached_per_page
def _room_of_page() -> ControlRoom | None:
    try:
        return _of_page().room
    except ValueError:  # a corrupt row of a target says nothing about the control room
        return db.session.get(ControlRoom, 1)


def is_demo() -> bool:
    """Whether this control room is marked as a demo; False if it is unknown."""
    room = known_control_room()
    return room is not None and room.is_demo


def registered_target(name: str) -> RegisteredTarget | None:
    with ops_required():
        if current_page():
            return next((each for each in all_registered() if each.name == name), None)
        return db.session.get(RegisteredTarget, name)


def registered_database(database_uuid: str) -> RegisteredTarget | None:
    with ops_required():
        if current_page():
            found = (each for each in all_registered() if each.database_uuid == database_uuid)
            return next(found, None)
        is_it = RegisteredTarget.database_uuid == database_uuid
        return db.session.scalar(select(RegisteredTarget).where(is_it))


def all_registered() -> Sequence[RegisteredTarget]:
    """Raises the database's own error without ops."""
    return _of_page().targets if current_page() else db.session.scalars(_TARGETS).all()


@cached_until_commit(without={"schema_objects"})
def _of_page() -> _Known:
    """Both in one statement, since nearly every page of the control room needs both."""
    rows = db.session.execute(_ROOM_AND_TARGETS).all()
    if not rows:
        return _Known(None, db.session.scalars(_TARGETS).all())
    return _Known(rows[0][0], [target for _, target in rows if target])


def register(
    target: Target, label: Label, *, anchor: Anchor, address: str, is_anothers: bool = False
) -> RegisteredTarget:
    """Register this database under the target's name, replacing any other.

    A demo is what a demo's control room made. `is_anothers`: another control room had it, so it is
    taken to be real, and stays so.
    """
    row = registered_target(target.name) or RegisteredTarget(name=target.name)
    is_known_as_real = row.database_uuid == label.database_uuid and not row.is_demo
    row.is_demo = control_room().is_demo and not is_anothers and not is_known_as_real
    row.application = label.application
    row.environment = target.environment
    if row.database_uuid != label.database_uuid:
        row.revision = row.schema_digest = row.schema_objects = None
    row.database_uuid = label.database_uuid
    row.taken_by = None
    row.anchor = anchor
    row.address = address
    row.registered_at = now()
    db.session.add(row)
    db.session.flush()
    return row


def note_state(
    name: str,
    *,
    revision: str | None,
    schema_digest: str,
    schema_objects: dict[str, str] | None = None,
) -> None:
    """Record the schema after the last change, so that drift can be shown object by object."""
    if row := registered_target(name):
        row.revision = revision
        row.schema_digest = schema_digest
        row.schema_objects = schema_objects


def record_schema(name: str, connection: Connection, engine: DatabaseEngine) -> None:
    """Note the revision and the schema that the connection's database has now."""
    note_state(
        name,
        revision=current_revision(connection),
        schema_digest=engine.schema_digest(connection),
        schema_objects=engine.schema_objects(connection),
    )


def forget(row: RegisteredTarget) -> None:
    """Remove this database from the registry; its history stays in the audit log."""
    db.session.delete(row)
    db.session.flush()


def guards_real_production(*, alone: bool = False) -> bool:
    """Whether a production database that is not a demo is registered here.

    `alone`: for a page that needs nothing else from the registry. A request that may change
    something holds the writer's lock by now, and asks no more than this.
    """
    try:
        known = _among_all() if current_page() and not alone else _select_alone()
    except ValueError:  # a corrupt row; these two columns are selected on their own
        known = _select_alone()
    return any(each is Environment.PRODUCTION and not is_demo for each, is_demo in known)


def _among_all() -> list[tuple[Environment, bool]]:
    return [(each.environment, each.is_demo) for each in all_registered()]


def _select_alone() -> list[tuple[Environment, bool]]:
    found = db.session.execute(_OF_EACH, bind_arguments={"mapper": RegisteredTarget})
    return [(environment, is_demo) for environment, is_demo in found]


def require_given_key(config: Settings) -> None:
    """Raises SettingError if cookies of a real control room would be signed with a generated key.

    For processes that serve or work. Without an answer of ops it is unknown, and they start: sites
    serve reads, and the control room's pages refuse until it is known.
    """
    if config.secret_key is None and _is_known_as_real(config):
        raise SettingError(
            "SECRET_KEY is not set, and this control room guards a real production database. Set it"
            f" for all processes; {config.data / 'secret-key'} holds the one that was used so far."
        )


def _is_known_as_real(config: Settings) -> bool:
    try:
        with ops_engine(config.ops_url, patience=2).connect() as connection:
            known = connection.execution_options(only_reads=True).execute(_OF_EACH).all()
    except (SQLAlchemyError, ValueError, LookupError):
        return False
    return any(each is Environment.PRODUCTION and not is_demo for each, is_demo in known)


def is_demo_room() -> bool | None:
    """Whether this control room is a demo; None if there is none. Leaves no transaction open."""
    with reading():
        found = db.session.scalar(select(ControlRoom.is_demo))
        db.session.rollback()
    return found
