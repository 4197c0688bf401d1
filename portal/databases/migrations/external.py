"""Revisions of another application, run through its own `env.py` and under this guard.

That file only has to use the connection that it is given. The guard checks the steps as the first
is about to run: on another connection, or without a permission, none runs. Its revisions run in
this Python process, and so with the packages that are installed here.
"""

import ast
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic.migration import MigrationContext
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from portal.core.configuration.other_targets import HANDED
from portal.core.configuration.settings import settings
from portal.core.errors import PortalError, Refused
from portal.databases.engines import engine_for
from portal.databases.migrations import guard
from portal.databases.migrations.guard import MigrationRequest, Move
from portal.databases.migrations.history import History
from portal.databases.migrations.invariants.measure import Measured, Watch, left_sound
from portal.databases.migrations.sole_connection import alone, alone_on, own
from portal.databases.targets.config import Target

GUARD = "portal.guarded"


def upgrade(connection: Connection, to: str, target: Target, request: MigrationRequest) -> Measured:
    """Run what is pending up to `to` in the connection's transaction. Raises Refused."""
    run = _Run(connection, target, "upgrade", request)
    return run.through(to, lambda scripts, heads: scripts._upgrade_revs(to, heads))


def downgrade(
    connection: Connection, to: str, target: Target, request: MigrationRequest
) -> Measured:
    """Run the downgrade on a rehearsal's scratch copy. Raises Refused."""
    run = _Run(connection, target, "downgrade", request)
    return run.through(to, lambda scripts, heads: scripts._downgrade_revs(to, heads))


def calls_the_guard(history: History) -> bool:
    """Whether its `env.py` imports the guard, so that plain `alembic` is guarded as well."""
    try:
        tree = ast.parse((history.folder / "env.py").read_text(encoding="utf-8"))
    except (OSError, SyntaxError, UnicodeDecodeError):
        return False
    return any(isinstance(each, ast.ImportFrom) and each.module == GUARD for each in ast.walk(tree))


class _Run:
    """One command on a history."""

    def __init__(
        self, connection: Connection, target: Target, command: str, request: MigrationRequest
    ) -> None:
        self._connection, self._target, self._command = connection, target, command
        self._request = request
        self._watch = Watch(connection, request.measured)
        self._was_checked = False

    def through(self, to: str, work: Callable[[ScriptDirectory, Any], Any]) -> Measured:
        history = self._target.history
        if not calls_the_guard(history):
            raise self._refused(f"{history.folder / 'env.py'} does not call Talkback's guard")
        config, scripts = history.config(), history.scripts()
        nowhere = engine_for(self._target.url).nowhere  # replaces the address in their settings
        config.set_main_option("sqlalchemy.url", nowhere)
        config.config_file_name = None  # configuring logging there would replace this process's own
        config.attributes.update({"connection": self._connection, HANDED: self._target.application})

        def steps(heads: Any, migration: MigrationContext) -> list[Any]:
            return self._allowed(list(work(scripts, heads)), migration)

        with (
            left_sound(self._connection),
            _sentences(self._target),
            _importing_from(history.folder.parent),
            EnvironmentContext(config, scripts, fn=steps, destination_rev=to),
            alone(f"env.py of {self._target.application}", self._connection),
        ):
            scripts.run_env()
        if not self._was_checked:
            raise self._refused(f"{history.folder / 'env.py'} ran no revision")
        return self._request.measured

    def _allowed(self, steps: list[Any], migration: MigrationContext) -> list[Any]:
        """Called by Alembic before it begins; raises Refused."""
        if migration.connection is not self._connection:
            raise self._refused(f"env.py of {self._target.application} opened its own connection")
        move = Move(
            command=self._command,
            revisions=tuple(step.revision.revision for step in steps),
            leads_to=", ".join(steps[-1].to_revisions) if steps else None,
        )
        with own():
            self._ask(move)
        self._watch.follow(steps)
        callbacks = migration.on_version_apply_callbacks
        migration.on_version_apply_callbacks = (*callbacks, self._watch.step_done)
        self._was_checked = True
        return [alone_on(self._connection, step) for step in steps]

    def _ask(self, move: Move) -> None:
        if self._request.rehearsal:
            guard.refuse_unless_scratch(self._connection, settings())
        else:
            guard.authorise(self._connection, self._target, move=move, ticket=self._request.ticket)

    def _refused(self, what: str) -> Refused:
        return Refused(
            f"{what}; nothing was changed.",
            remedy="Let it call the guard, as docs/operator.md shows.",
            refusal=guard.refusal(self._target, Move(self._command, (), None)),
        )


@contextmanager
def _sentences(target: Target) -> Iterator[None]:
    """Any exception of their files ends the change with one sentence, and rolls it back."""
    try:
        yield
    except (PortalError, DBAPIError):
        raise
    except Exception as error:
        if hasattr(error, "reasons"):  # what to fix in the data, a sentence each
            raise
        why = f"{type(error).__name__}: {error}"
        raise Refused(
            f"A revision or env.py of {target.application} failed, and nothing was changed: {why}"
        ) from error


@contextmanager
def _importing_from(root: Path) -> Iterator[None]:
    """Let their `env.py` import their own modules while it runs; undone afterwards."""
    known, folder = set(sys.modules), str(root)
    sys.path.append(folder)
    try:
        yield
    finally:
        sys.path.remove(folder)
        for name in set(sys.modules) - known:
            if str(getattr(sys.modules[name], "__file__", None) or "").startswith(folder):
                del sys.modules[name]
