"""The checks of a revision: measured before and after each step, before COMMIT.

Each revision declares pairs of queries with descriptions; both must give the same result. A rebuild
that loses rows by cascade leaves only valid references, so counting is the only way to notice.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from alembic.runtime.migration import RevisionStep
from sqlalchemy import Connection

from portal.core.errors import Refused
from portal.databases.engines import engine_for
from portal.databases.engines.sharing import ask_again
from portal.databases.migrations.invariants.answers import Answers, answers
from portal.databases.migrations.invariants.beforehand import Beforehand, ask_beforehand
from portal.databases.migrations.objects import watching

Promise = tuple[str, str, str]
Measured = list[dict[str, Any]]
"""For each check: `words`, `before`, `after`, `holds`."""


class Watch:
    """Follows the steps of one command; `measured` collects what was compared."""

    def __init__(self, connection: Connection, measured: Measured) -> None:
        self._connection = connection
        self._measured = measured
        self._waiting: list[RevisionStep] = []
        self._before: Answers = {}
        self._beforehand: Beforehand | None = None

    def follow(self, steps: Sequence[RevisionStep]) -> None:
        """Called before the first step runs."""
        self._begin()
        self._waiting = list(steps)
        self._look_ahead({})

    @contextmanager
    def following(self, steps: Sequence[RevisionStep]) -> Iterator[None]:
        """Like `follow`, around all steps, without waiting for the first step's queries.

        For a history whose queries need only the database, not the connection.
        """
        self._begin()
        self._waiting = list(steps)
        first = _promises(steps[0]) if steps else []
        self._beforehand = ask_beforehand(self._connection, [each[:2] for each in first])
        try:
            if self._beforehand is None:
                self._look_ahead({})
            yield
        finally:
            if beforehand := self._beforehand:
                beforehand.end()

    def _begin(self) -> None:
        watching.mark(None)
        ask_again(self._connection)

    def step_done(self, **_context: Any) -> None:
        """Alembic's `on_version_apply`: a step ran, and its revision is written.

        Raises Refused if a check of the step failed; the whole change is then rolled back.
        """
        if not self._waiting:
            return
        step = self._waiting.pop(0)
        watching.mark(step.revision.revision)
        promises = _promises(step)
        after = answers(self._connection, [(words, sql) for words, _, sql in promises])
        compared = [_compared(each, self._values_before(), after) for each in promises]
        self._measured += compared
        for each in compared:
            if not each["holds"]:
                raise _broken(step, each)
        self._look_ahead(after)

    def _values_before(self) -> Answers:
        if asked := self._beforehand:
            self._before, self._beforehand = asked.answers(), None
        return self._before

    def _look_ahead(self, after: Answers) -> None:
        """The results after this step are those before the next: nothing runs in between."""
        promises = _promises(self._waiting[0]) if self._waiting else []
        queries = [(words, sql) for words, sql, _ in promises]
        self._before = answers(self._connection, queries, known=after)


def _compared(promise: Promise, before: Answers, after: Answers) -> dict[str, Any]:
    words, was, found = promise[0], before[promise[1]], after[promise[2]]
    return {"words": words, "before": was, "after": found, "holds": was == found}


def _promises(step: RevisionStep) -> list[Promise]:
    name = "upgrade_invariants" if step.is_upgrade else "downgrade_invariants"
    return list(getattr(step.revision.module, name, []))


def _broken(step: RevisionStep, promise: dict[str, Any]) -> Refused:
    return Refused(
        f"Revision {step.revision.revision} fails a check: “{promise['words']}”"
        f" ({promise['before']} before, {promise['after']} after). All of it was undone.",
        remedy="Fix the revision or the data, and rehearse again.",
    )


@contextmanager
def left_sound(connection: Connection) -> Iterator[None]:
    """Around a change, in its transaction. Raises Refused if it would leave dangling references."""
    engine = engine_for(connection.engine.url)
    engine.require_ready(connection)
    broken_before = engine.broken_before(connection)
    yield
    engine.protect(connection)
    broken = set(engine.broken_references(connection))
    if broken and (newly := sorted(broken - broken_before())):
        raise Refused(f"Rows of {', '.join(newly)} would refer to nothing. All of it was undone.")
