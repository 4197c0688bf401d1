"""The steps of `flask portal setup`, each for what is missing. Idempotent.

It never upgrades a production database, and creates one only while the registry has none.
"""

from collections.abc import Callable

from alembic import command

from portal.audit.actor import SYSTEM, Actor
from portal.control import demo as demo_data
from portal.control import demo_clients
from portal.control.losses import is_lost, loss_of, lost_room
from portal.control.ops_upgrade import prepare_ops
from portal.core.configuration.settings import settings
from portal.core.errors import Conflict
from portal.core.files.data_folder import narrow_files
from portal.core.storage.database import db
from portal.core.storage.sqlite import SchemaAccess
from portal.databases.backups.key import has_backups, make_key
from portal.databases.engines import engine_for
from portal.databases.migrations.applied import note_move
from portal.databases.migrations.history import current_revision
from portal.databases.targets.config import Target, target_named
from portal.databases.targets.control_rooms import name_room
from portal.databases.targets.creation import create_database
from portal.databases.targets.identity import IdentityState, judge
from portal.databases.targets.registry import control_room, forget, note_state
from portal.documents.publishing.publish import settle_all
from portal.emails.old_keys import cover_old_keys
from portal.incidents.sharing.share import end_moot_shares

Say = Callable[[str], None]


def set_up(*, demo: bool, studios: int, by: Actor, say: Say, new_development: bool = False) -> None:
    """Create or upgrade what is missing; `say` is called with each step.

    `new_development`: an empty one may take the place of one that is lost. Raises Conflict if a
    demo and a real control room would be mixed, and for a loss that needs a decision.
    """
    if loss := lost_room(demo=demo):
        say(loss)
    prepare_ops(say)
    _require_same_kind(demo=demo)
    settle_all()
    if covered := cover_old_keys():
        say(f"Covered the keys of private links in {covered} messages of an earlier release")
    _end_moot_shares()
    _make_backup_key(say, is_demo=demo)
    if demo:
        _set_up_demo(studios=studios, by=by, say=say)
    _look_at_production(say)
    _set_up_development(by=by, say=say, may_be_new=new_development)
    if demo and judge(development := target_named("development")).fits:
        demo_data.fill_demo_queue(development)
    _close_files(say)


def _make_backup_key(say: Say, *, is_demo: bool) -> None:
    """Once; a machine that replaces another one gets that one's key beforehand. Nothing leaves a
    demo's machine, unless a store is set."""
    had_backups = has_backups()
    if make_key():
        file = settings().backup_key_file
        if had_backups or not is_demo or settings().backup_store is not None:
            say(
                f"Made the backup key, {file}. Keep a copy of it elsewhere:"
                " without it the copies off this machine can’t be decrypted."
            )
        if had_backups or settings().backup_store is not None:
            say(
                "It is a new one: copies that an earlier key encrypted can’t be decrypted with it,"
                f" here or in the store. If that key was kept, put it back as {file} now."
            )


def _close_files(say: Say) -> None:
    if count := narrow_files(settings(), deep=True):
        files = "1 file or folder" if count == 1 else f"{count} files and folders"
        say(f"Took from other users of this machine what they might do with {files}")


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
        _fill_demo_directory(target_named(name), studios=studios, by=by, say=say)
    demo_data.set_demo_addresses(by=by)


def _fill_demo_directory(target: Target, *, studios: int, by: Actor, say: Say) -> None:
    """A lost development is filled again: its data were made by a set-up."""
    judgement = judge(target)
    if is_lost(target, judgement):
        if judgement.state is not IdentityState.MISSING or target.is_production:
            return
        say(f"{judgement.sentence} What was changed in it is lost, unless a backup has it.")
    elif judgement.state not in {IdentityState.MISSING, IdentityState.EMPTY}:
        return
    say(f"Filling the demo's {target.name} directory with {studios} studios")
    demo_data.create_demo_directory(target, studios=studios, by=by)


def _look_at_production(say: Say) -> None:
    """It is never touched; what is wrong with it is said here as well."""
    target = target_named("production")
    judgement = judge(target)
    if is_lost(target, judgement):
        say(str(loss_of(target, judgement)))
    elif judgement.is_there and not judgement.fits:
        say(str(judgement))


def _set_up_development(*, by: Actor, say: Say, may_be_new: bool) -> None:
    """Create the development directory, or bring it to the newest revision.

    Raises Conflict if it is lost.
    """
    target = target_named("development")
    judgement = judge(target)
    if is_lost(target, judgement) and judgement.registered:
        if not may_be_new:
            raise loss_of(target, judgement)
        say(judgement.sentence)
        forget(judgement.registered)
        judgement = judge(target)
    if judgement.state in {IdentityState.MISSING, IdentityState.EMPTY}:
        say("Creating the development directory")
        create_database(target, by=by)
    elif judgement.state is not IdentityState.FITS:
        say(str(judgement))
    elif _is_behind(target):
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
