"""The steps of `flask portal setup`, each for what is missing. Idempotent.

It never upgrades a production database, and creates one only while the registry has none.
"""

from collections.abc import Callable

from alembic import command

from portal.audit.actor import SYSTEM, Actor
from portal.control import demo as demo_data
from portal.control import demo_clients
from portal.control.ops_upgrade import prepare_ops
from portal.core.configuration.settings import settings
from portal.core.errors import Conflict
from portal.core.storage.database import db
from portal.core.storage.sqlite import SchemaAccess
from portal.databases.backups.key import make_key
from portal.databases.engines import engine_for
from portal.databases.migrations.applied import note_move
from portal.databases.migrations.history import current_revision
from portal.databases.targets.config import Target, target_named
from portal.databases.targets.control_rooms import name_room
from portal.databases.targets.creation import create_database
from portal.databases.targets.identity import IdentityState, judge
from portal.databases.targets.registry import control_room, note_state, registered_target
from portal.documents.publishing.publish import settle_all
from portal.emails.old_keys import cover_old_keys
from portal.incidents.sharing.share import end_moot_shares

Say = Callable[[str], None]


def set_up(*, demo: bool, studios: int, by: Actor, say: Say) -> None:
    """Create or upgrade what is missing; `say` is called with each step.

    Raises Conflict if a demo and a real control room would be mixed.
    """
    prepare_ops(say)
    _require_same_kind(demo=demo)
    settle_all()
    if covered := cover_old_keys():
        say(f"Covered the keys of private links in {covered} messages of an earlier release")
    _end_moot_shares()
    _make_backup_key(say)
    if demo:
        _set_up_demo(studios=studios, by=by, say=say)
    _set_up_development(by=by, say=say)


def _make_backup_key(say: Say) -> None:
    """Once; a machine that replaces another one gets that one's key beforehand."""
    if make_key():
        say(
            f"Made the backup key, {settings().backup_key_file}. Keep a copy of it elsewhere:"
            " without it the copies off this machine can’t be decrypted."
        )


def _end_moot_shares() -> None:
    """Files change with a release, and may state their readers by now."""
    end_moot_shares(by=SYSTEM)
    db.session.commit()


def _require_same_kind(*, demo: bool) -> None:
    room = control_room(is_demo=demo)
    name_room()
    db.session.commit()
    if demo and not room.is_demo:
        raise Conflict(
            "This control room is not a demo, and demo data has no place in it.",
            remedy="Choose another folder with PORTAL_DATA.",
        )


def _set_up_demo(*, studios: int, by: Actor, say: Say) -> None:
    if not demo_data.has_demo_accounts():
        say("Creating the demo's accounts")
        demo_data.create_demo_accounts(by=by)
    if not demo_clients.has_demo_clients():
        say("Introducing the demo's clients")
        demo_clients.create_demo_clients(by=by)
    if not demo_data.has_demo_images():
        say("Making pictures for the demo's studios")
        demo_data.create_demo_images()
    for name in ("development", "production"):
        if registered_target(name) is None:
            say(f"Filling the demo's {name} directory with {studios} studios")
            demo_data.create_demo_directory(target_named(name), studios=studios, by=by)


def _set_up_development(*, by: Actor, say: Say) -> None:
    """Create the development directory, or bring it to the newest revision."""
    target = target_named("development")
    state = judge(target).state
    if state in {IdentityState.MISSING, IdentityState.EMPTY}:
        say("Creating the development directory")
        create_database(target, by=by)
    elif state is IdentityState.FITS and _is_behind(target):
        say("Bringing the development directory to the newest revision")
        _upgrade(target)


def _is_behind(target: Target) -> bool:
    """Ahead is not behind: an unknown revision is left alone."""
    revision = judge(target).revision
    return target.history.knows(revision) and bool(target.history.pending(revision))


def _upgrade(target: Target) -> None:
    engine = engine_for(target.url)
    config = target.history.config()
    with engine.changing(SchemaAccess.UPGRADE) as connection:
        before = current_revision(connection)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        revision, digest = current_revision(connection), engine.schema_digest(connection)
        objects = engine.schema_objects(connection)
    note_state(target.name, revision=revision, schema_digest=digest, schema_objects=objects)
    note_move(target, before, revision)
    db.session.commit()
