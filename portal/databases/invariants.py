"""What a revision promises to keep: measured before and after each step, before COMMIT.

Each revision names pairs of queries with words; both must give the same. A rebuild that loses
rows by cascade leaves references that are all sound, so only counting tells.
"""

from collections.abc import Sequence
from typing import Any

from alembic.runtime.migration import RevisionStep
from sqlalchemy import Connection

from portal.core.errors import Refused
from portal.databases.objects import watching
from portal.databases.statements import WORDS

Promise = tuple[str, str, str]
Measured = list[dict[str, Any]]
"""For each promise: `words`, `before`, `after`, `holds`."""


class Watch:
    """Follows the steps of one command; `measured` collects what was compared."""

    def __init__(self, connection: Connection, measured: Measured) -> None:
        self._connection = connection
        self._measured = measured
        self._waiting: list[RevisionStep] = []
        self._before: list[str] = []

    def follow(self, steps: Sequence[RevisionStep]) -> None:
        """Called before the first step runs."""
        watching.mark(None)
        self._waiting = list(steps)
        self._look_ahead()

    def step_done(self, **_context: Any) -> None:
        """Alembic's `on_version_apply`: a step ran, and its revision is written.

        Raises Refused when a promise of the step is broken; the whole change is then undone.
        """
        if not self._waiting:
            return
        step = self._waiting.pop(0)
        watching.mark(step.revision.revision)
        promises = _promises(step)
        after = [self._ask(words, sql) for words, _, sql in promises]
        compared = [
            {"words": promise[0], "before": was, "after": found, "holds": was == found}
            for promise, was, found in zip(promises, self._before, after, strict=True)
        ]
        self._measured += compared
        for each in compared:
            if not each["holds"]:
                raise _broken(step, each)
        self._look_ahead()

    def _look_ahead(self) -> None:
        promises = _promises(self._waiting[0]) if self._waiting else []
        self._before = [self._ask(words, sql) for words, sql, _ in promises]

    def _ask(self, words: str, sql: str) -> str:
        return str(answer(self._connection, sql, words=words))


def answer(connection: Connection, sql: str, *, words: str | None = None) -> Any:
    """What a revision's own query says, its text as it stands: no driver reads % or : in it.

    `words`: what whoever watches the statements is told of it.
    """
    options = {"no_parameters": True, WORDS: words}
    return connection.exec_driver_sql(sql, execution_options=options).scalar()


def _promises(step: RevisionStep) -> list[Promise]:
    name = "upgrade_invariants" if step.is_upgrade else "downgrade_invariants"
    return list(getattr(step.revision.module, name, []))


def _broken(step: RevisionStep, promise: dict[str, Any]) -> Refused:
    return Refused(
        f"Revision {step.revision.revision} breaks a promise: “{promise['words']}”"
        f" ({promise['before']} before, {promise['after']} after). All of it was undone.",
        way_out="Mend the revision or the data, and rehearse again.",
    )
