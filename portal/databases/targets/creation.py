"""Creating a target's database where there is none: the only way to start a production database."""

from collections.abc import Callable

from alembic import command
from sqlalchemy import Connection

from portal.audit.actor import Actor
from portal.audit.service import record
from portal.core.errors import Conflict
from portal.core.storage.database import db
from portal.core.storage.sqlite import SchemaAccess
from portal.databases.engines import engine_for
from portal.databases.migrations.applied import note_move
from portal.databases.migrations.guard import REQUEST, Creation, MigrationRequest
from portal.databases.migrations.history import current_revision
from portal.databases.targets.config import Target
from portal.databases.targets.database_roles import grant_to_site
from portal.databases.targets.identity import IdentityState, Judgement, judge
from portal.databases.targets.registry import forget, note_state, registered_target

Fill = Callable[[Connection], None]


def create_database(
    target: Target, *, by: Actor, revision: str = "head", fill: Fill | None = None
) -> None:
    """Create the database, stamp it, upgrade it to a revision and fill it: all of it or nothing.

    For a target that this control room does not know, or a registered development database that is
    missing. Commits ops before the directory, so that an interrupted creation is recognised and
    completed by the next call. Raises Conflict if there is already a database at the address.
    """
    _refuse_if_known(target)
    engine = engine_for(target.url)
    engine.create()
    with engine.changing(SchemaAccess.SET_UP) as connection:
        if (judgement := judge(target, connection=connection)).state is not IdentityState.EMPTY:
            raise _taken(judgement)
        config = target.history.config()
        request = MigrationRequest(creation=Creation(target.name))
        config.attributes.update({"connection": connection, REQUEST: request})
        command.upgrade(config, revision)
        grant_to_site(target, connection)
        if fill:
            fill(connection)
        reached = current_revision(connection)
        digest, objects = engine.schema_digest(connection), engine.schema_objects(connection)
        db.session.commit()
    note_state(target.name, revision=reached, schema_digest=digest, schema_objects=objects)
    note_move(target, None, reached)
    record("target.created", by=by, target=target.name, details={"revision": reached})
    db.session.commit()


def _refuse_if_known(target: Target) -> None:
    """A registered production database that is missing is an incident: never create another."""
    known = registered_target(target.name)
    if known is None or engine_for(target.url).exists():
        return
    if target.is_production:
        raise _taken(judge(target))
    forget(known)


def _taken(judgement: Judgement) -> Conflict:
    return Conflict(judgement.sentence, remedy=judgement.remedy)
