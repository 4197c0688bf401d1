"""What Alembic and Flask-Migrate run for every command: no write bypasses the guard.

A program that changes a database passes `config.attributes`: `connection`, in a transaction
that holds the writer's lock and that the program commits, and `request`, a MigrationRequest. A
person at a terminal passes nothing: the command is then about the directory that this checkout
serves.
"""

from contextlib import nullcontext

from alembic import context
from alembic.util import CommandError
from flask import has_app_context
from sqlalchemy import Connection
from sqlalchemy.exc import DatabaseError

import portal.directory.derived.tables
import portal.directory.models
import portal.directory.owners.models
import portal.directory.users.models  # noqa: F401  (these fill the metadata that autogenerate compares)
from portal.core.configuration.settings import load_settings, settings
from portal.core.errors import PortalError
from portal.databases.migrations import env as migrating


def application():
    """Flask's own application, or one for plain `alembic`."""
    if has_app_context():
        return nullcontext()
    from portal.app import create_app  # noqa: PLC0415 — a job has its own, without pages

    return create_app().app_context()


def run_from_the_terminal() -> None:
    """A refusal ends with one sentence and exit code 1, for Flask-Migrate and Alembic alike."""
    try:
        with application():
            migrating.run_from_the_terminal()
    except PortalError as error:
        raise CommandError(str(error)) from None
    except DatabaseError as error:
        said = str(error.orig).strip().splitlines()[0].rstrip(".")
        raise CommandError(f"Nothing was changed: {said}.") from None
    except RuntimeError as error:  # a revision that finds data it can't change
        raise CommandError(f"Nothing was changed. {error}") from None


connection = context.config.attributes.get("connection")
if isinstance(connection, Connection):
    migrating.run_on(connection, settings() if has_app_context() else load_settings())
else:
    run_from_the_terminal()
