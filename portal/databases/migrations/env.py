"""Runs Alembic's commands under the guard; migrations/directory/env.py calls this.

A command with a destination revision writes: `upgrade`, `downgrade`, `stamp`. It needs the guard's
permission. Any other gets a connection on which the database itself refuses to write.
"""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from alembic import context
from alembic.runtime.migration import RevisionStep
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from portal.audit.actor import at_the_console
from portal.audit.service import Outcome, record, record_now
from portal.core.configuration.settings import Settings
from portal.core.errors import PortalError, Refused
from portal.core.storage import alembic_command
from portal.core.storage.database import DirectoryModel, db
from portal.core.storage.sqlite import SchemaAccess
from portal.databases.engines import engine_for
from portal.databases.engines.base import DatabaseEngine
from portal.databases.engines.derived import SEARCH_TEXT
from portal.databases.engines.derived import metadata as derived_metadata
from portal.databases.migrations import applied, guard
from portal.databases.migrations.guard import Move, request_in
from portal.databases.migrations.history import current_revision
from portal.databases.migrations.invariants.measure import Watch, left_sound
from portal.databases.migrations.objects.inventory import excluded_from_change
from portal.databases.migrations.objects.watching import watching
from portal.databases.migrations.sole_connection import READING, alone, alone_on
from portal.databases.public_version.version import begin_epoch
from portal.databases.targets import registry
from portal.databases.targets.config import Target, served_target, target_named, targets
from portal.databases.targets.identity import IdentityState, Judgement, judge

NOISE = ("Context impl", "Will assume", "setting up")
FOREIGN_PREFIXES = ("portal_", "legacy_", SEARCH_TEXT)
"""Tables that are not part of the model: the guard's own, those archived by a consolidation, and
the full-text tables of either engine.
"""


def run_on(connection: Connection, config: Settings) -> None:
    """Run the command on a connection that a program passed in; the program commits.

    Raises Refused unless the program's permission, or the table "What may write", allows it.
    """
    request = request_in(context.config.attributes)
    watch = Watch(connection, request.measured)
    if request.rehearsal:
        steps = _prepare(connection, watch)
        guard.refuse_unless_scratch(connection, config)
    else:
        target = _target_on(connection)
        judgement = _judge_in_place(connection, target)
        steps = _prepare(connection, watch)
        guard.authorise(
            connection,
            target,
            move=_move(steps),
            ticket=request.ticket,
            creation=request.creation,
            judgement=judgement,
        )
    _run(connection, watch, steps)


def run_from_the_terminal() -> None:
    """Run the command on the directory that this checkout serves. Refusals are recorded."""
    target = served_target()
    if context.is_offline_mode():
        raise Refused(
            "SQL can't be written without a database: revisions of this history read data.",
            remedy=f"See the SQL that a rehearsal ran: flask databases plan {target.name}",
        )
    with alone(READING):
        writes = alembic_command.writes()
    if writes:
        with _recording_refusals(target):
            _change(target)
    else:
        _read(target)


def _change(target: Target) -> None:
    engine = _engine_of(target)
    with engine.changing(SchemaAccess.UPGRADE) as connection:
        before = current_revision(connection)
        watch = Watch(connection, [])
        judgement = _judge_in_place(connection, target)
        steps = _prepare(connection, watch)
        move = _move(steps)
        guard.authorise(connection, target, move=move, judgement=judgement)
        _record("migration.started", target, move, Outcome.INTENT)
        _log_steps()
        try:
            with watching(connection) as objects:
                _run(connection, watch, steps)
        except BaseException:
            _record("migration.finished", target, move, Outcome.FAILED)
            raise
        revision, digest = current_revision(connection), engine.schema_digest(connection)
        there = engine.schema_objects(connection)
    registry.note_state(target.name, revision=revision, schema_digest=digest, schema_objects=there)
    applied.note_move(target, before, revision, ran=move.command != "stamp")
    for each in objects.losses:
        logging.getLogger("alembic.env").warning("No operation names it: %s", each.sentence)
    _record("migration.finished", target, move, Outcome.DONE)


def _read(target: Target) -> None:
    if getattr(context.config.cmd_opts, "autogenerate", False):
        _require_development(target)
    with _engine_of(target).reading() as connection:
        _log_steps()
        _configure(connection, dont_mutate=True)
        context.run_migrations()


def _engine_of(target: Target) -> DatabaseEngine:
    """Raises Refused if there is no database at the address: no command creates one there."""
    engine = engine_for(target.url)
    if not engine.exists():
        judgement = judge(target)
        raise guard.refused(target, _typed_move(), judgement.sentence, judgement.remedy)
    return engine


def _require_development(target: Target) -> None:
    """A new revision is only generated from an identified database."""
    judgement = judge(target)
    if not judgement.fits or target.is_production:
        raise Refused(
            judgement.sentence,
            remedy=judgement.remedy or "New revisions are made from the development database.",
        )


def _target_on(connection: Connection) -> Target:
    request = request_in(context.config.attributes)
    if request.ticket:
        return target_named(request.ticket.plan.target)
    if request.creation:
        return target_named(request.creation.target)
    held = (each for each in targets() if engine_for(each.url).holds(connection))
    return next(held, served_target())


def _judge_in_place(connection: Connection, target: Target) -> Judgement:
    """Before Alembic looks for the steps: a revision of another history would be unknown to it.

    Raises Refused for a misplaced database.
    """
    judgement = judge(target, connection=connection)
    if judgement.state is IdentityState.MISPLACED:
        move = Move(alembic_command.typed(), (), None)
        raise guard.refused(target, move, judgement.sentence, judgement.remedy)
    return judgement


def _prepare(connection: Connection, watch: Watch) -> list[Any]:
    """Set Alembic up, and get the steps that the command would run; nothing runs yet."""
    with alone(READING, connection):
        _configure(connection, on_version_apply=watch.step_done)
        migration = context.get_context()
        plan = migration.opts.get("fn")
        if plan is None or not alembic_command.writes():
            return []
        return list(plan(migration.get_current_heads(), migration))


def _configure(connection: Connection, **more: Any) -> None:
    context.configure(
        connection=connection,
        target_metadata=[DirectoryModel.metadata, derived_metadata],
        include_name=_belongs_to_the_model,
        transactional_ddl=True,
        render_as_batch=connection.dialect.name == "sqlite",
        process_revision_directives=_no_empty_revision,
        **more,
    )


def _run(connection: Connection, watch: Watch, steps: Sequence[Any]) -> None:
    _each_alone(connection)
    followed = watch.following([step for step in steps if isinstance(step, RevisionStep)])
    with left_sound(connection), followed, context.begin_transaction():
        context.run_migrations()
    if not request_in(context.config.attributes).rehearsal:
        with excluded_from_change():
            begin_epoch(connection)


def _each_alone(connection: Connection) -> None:
    """While a revision's own code runs, this process may not use any other connection."""
    migration = context.get_context()
    if work := migration._migrations_fn:
        migration._migrations_fn = lambda heads, of: (
            alone_on(connection, step) for step in work(heads, of)
        )


def _move(steps: Sequence[Any]) -> Move:
    return Move(
        command=_name(context.get_context().opts.get("fn")),
        revisions=tuple(step.revision.revision for step in steps if isinstance(step, RevisionStep)),
        leads_to=", ".join(steps[-1].to_revisions) if steps else None,
        typed=alembic_command.typed(),
    )


def _name(work: Any) -> str:
    """Alembic's own names of what the command runs: upgrade, downgrade, do_stamp."""
    return str(getattr(work, "__name__", "change")).removeprefix("do_")


def _typed_move() -> Move:
    return Move(command="change", revisions=(), leads_to=None, typed=alembic_command.typed())


def _record(action: str, target: Target, move: Move, outcome: Outcome) -> None:
    record(action, by=at_the_console(), target=target.name, outcome=outcome, details=move.details())
    db.session.commit()


@contextmanager
def _recording_refusals(target: Target) -> Iterator[None]:
    """Refusals are raised whether or not they can be recorded; if not, the message says so."""
    try:
        yield
    except PortalError as error:
        db.session.rollback()
        refusal = error.refusal or guard.refusal(target, _typed_move())
        try:
            record_now(
                refusal.action,
                by=at_the_console(),
                outcome=Outcome.REFUSED,
                target=refusal.target,
                details=refusal.details,
                reason=str(error),
            )
        except SQLAlchemyError:
            raise Refused(f"{error} (Not recorded: the ops database does not answer.)") from None
        raise


def _belongs_to_the_model(name: str | None, kind: str, _parents: object) -> bool:
    return kind != "table" or name is None or not name.startswith(FOREIGN_PREFIXES)


def _no_empty_revision(_context: object, _revision: object, directives: list[Any]) -> None:
    """Write no file if nothing changed, as Flask-Migrate's own env.py does."""
    automatic = getattr(context.config.cmd_opts, "autogenerate", False)
    if automatic and directives[0].upgrade_ops.is_empty():
        directives[:] = []
        logging.getLogger("alembic.env").info("No changes in schema detected.")


def _is_no_error(line: logging.LogRecord) -> bool:
    """False for errors: the command itself reports them."""
    return line.levelno < logging.ERROR and not str(line.msg).startswith(NOISE)


def _log_steps() -> None:
    """Print Alembic's lines about each step if logging is not configured; not before a refusal."""
    logger = logging.getLogger("alembic")
    if not logging.getLogger().handlers and len(logger.handlers) < 2:  # Alembic adds a null handler
        handler = logging.StreamHandler()
        handler.addFilter(_is_no_error)
        handler.setFormatter(logging.Formatter("%(levelname)-5.5s [%(name)s] %(message)s"))
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
