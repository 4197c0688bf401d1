"""The guard that another application's `env.py` calls. It needs Alembic and SQLAlchemy alone.

    from portal.guarded import guarded, theirs

    with guarded(engine, "newsletter") as connection:
        context.configure(
            connection=connection, target_metadata=metadata, include_name=theirs
        )
        with context.begin_transaction():
            context.run_migrations()

A change that the control room carries out brings its own connection, and its ticket was checked.
For a plain `alembic upgrade head` the database's own label decides what it is, whatever the address
says. Start with `guarded`.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass

from alembic import context
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.exc import DatabaseError

from portal.core.configuration.other_targets import HANDED
from portal.core.storage import alembic_command

IDENTITY = "portal_identity"
GUARDS_OWN = "portal_"
ALEMBIC = "alembic_version"
Connectable = Engine | Connection
ADOPT = "an admin takes it in, in the control room: flask databases adopt"


@dataclass(frozen=True)
class Identity:
    """The label of a database, unverified; the control room checks signatures."""

    application: str
    environment: str
    database_uuid: str

    @property
    def target(self) -> str:
        """Its name in the control room; the directory's two targets have no application in it."""
        own = self.application == "studio-directory"
        return self.environment if own else f"{self.application}/{self.environment}"


@contextmanager
def guarded(
    given: Connectable | Callable[[], Connectable], application: str
) -> Iterator[Connection]:
    """The connection to configure Alembic with; `application` as in the setting TARGETS.

    `given`: an engine, a connection, or a function that creates one, which is called only if the
    control room passes none.

    Raises CommandError, in one sentence, before anything is written to a production database, to
    one of another application, or to one that has tables and no label.
    """
    attributes = context.config.attributes
    if whose := attributes.get(HANDED):
        if whose != application:
            raise CommandError(f"This env.py is {application}'s, and not that of {whose}.")
        yield attributes["connection"]
        return
    connectable = given if isinstance(given, Engine | Connection) else given()
    writes = alembic_command.writes()
    identity = _allowed(connectable, application) if writes else None
    with _connected(connectable) as connection:
        yield connection
    if identity is not None:
        _report_changed(connectable, identity)


def theirs(name: str | None, kind: str, _parents: object) -> bool:
    """Alembic's `include_name`: without it `--autogenerate` would drop the guard's own tables."""
    return not (kind == "table" and (name or "").startswith(GUARDS_OWN))


def _allowed(connectable: Connectable, application: str) -> Identity | None:
    """What the database is; None for an empty one. Raises CommandError."""
    with _looking(connectable) as connection:
        places = _tables(connection)
        identity = _identity(connection, places.get(IDENTITY, []))
    tables = set(places)
    why = _why_not(identity, tables, application)
    if why is None:
        return identity
    target = identity.target if identity else f"{application}/unknown"
    if not _report_refused(target, why):
        why += " (Not recorded: no control room answers here.)"
    raise CommandError(why)


def _why_not(identity: Identity | None, tables: set[str], application: str) -> str | None:
    if identity is None and IDENTITY in tables:
        return f"The identity of this database can't be read; nothing was changed. {ADOPT}"
    if identity is None and tables - {ALEMBIC}:
        return (
            "This database holds tables and no identity, so nothing says what it is; nothing was"
            f" changed. If it is one of {application}, {ADOPT} {application}/…"
        )
    if identity is None:
        return None
    if identity.application != application:
        return (
            f"This database says it is one of {identity.application}, not of {application};"
            " nothing was changed. Fix the address."
        )
    if identity.environment == "development":
        return None
    return (
        f"This database says it is {identity.target}, and `{alembic_command.typed()}` has no"
        " ticket; nothing was changed. Prepare the change in the control room, at"
        " /ops/migrations, or run:"
        f" flask databases migrate {identity.target}"
    )


def _tables(connection: Connection) -> dict[str, list[str]]:
    """Each name with the schemas that contain it, quoted: independent of the search path."""
    look, quote = inspect(connection), connection.dialect.identifier_preparer.quote
    schemas = [look.default_schema_name]
    if connection.dialect.name == "postgresql":  # elsewhere a schema is a separate database
        schemas = [each for each in look.get_schema_names() if each != "information_schema"]
    found: dict[str, list[str]] = {}
    for schema in schemas:
        for name in look.get_table_names(schema):
            found.setdefault(name, []).append(f"{quote(schema)}." if schema else "")
    return found


def _identity(connection: Connection, places: list[str]) -> Identity | None:
    """None for anything but one row of texts in one place."""
    if len(places) != 1:
        return None
    query = text(
        f"SELECT application, environment, database_uuid FROM {places[0]}{IDENTITY}"  # noqa: S608
    )
    try:
        rows = connection.execute(query).all()
    except DatabaseError:
        return None
    return Identity(*map(str, rows[0])) if len(rows) == 1 else None


@contextmanager
def _looking(connectable: Connectable) -> Iterator[Connection]:
    """Leaves no transaction open: Alembic would assume that its owner commits it."""
    with _connected(connectable) as connection:
        was_inside = connection.in_transaction()
        yield connection
        if not was_inside:
            connection.rollback()


def _connected(connectable: Connectable) -> AbstractContextManager[Connection]:
    if isinstance(connectable, Connection):
        return nullcontext(connectable)
    return connectable.connect()


def _report_refused(target: str, sentence: str) -> bool:
    """Whether the control room recorded it: calling it needs more packages than Alembic."""
    try:
        from portal.guarded import reporting  # noqa: PLC0415 — Flask may not be installed

        return reporting.report_refused(target, command=alembic_command.typed(), reason=sentence)
    except Exception:
        return False


def _report_changed(connectable: Connectable, identity: Identity) -> None:
    """Development changes without confirmation; a control room that knows it is notified."""
    try:
        from portal.guarded import reporting  # noqa: PLC0415

        with _looking(connectable) as connection:
            reporting.report_changed(
                connection, identity.database_uuid, command=alembic_command.typed()
            )
    except Exception as error:
        print(f"The control room was not notified: {error}", file=sys.stderr)  # noqa: T201
