"""What a revision promises to keep: measured before and after each step, before COMMIT.

Each revision names pairs of queries with words; both must give the same. A rebuild that loses
rows by cascade leaves references that are all sound, so only counting tells.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from alembic.runtime.migration import RevisionStep
from sqlalchemy import Connection

from portal.core.errors import Refused
from portal.databases.migrations.invariants.answers import Answers, answers
from portal.databases.migrations.invariants.beforehand import Beforehand, ask_beforehand
from portal.databases.migrations.objects import watching

Promise = tuple[str, str, str]
Measured = list[dict[str, Any]]
"""For each promise: `words`, `before`, `after`, `holds`."""


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
        watching.mark(None)
        self._waiting = list(steps)
        self._look_ahead({})

    @contextmanager
    def following(self, steps: Sequence[RevisionStep]) -> Iterator[None]:
        """The same around all steps, which the questions about the first one don't keep waiting.

        For a history whose questions need nothing of the connection but its database.
        """
        watching.mark(None)
        self._waiting = list(steps)
        first = _promises(steps[0]) if steps else []
        self._beforehand = ask_beforehand(self._connection, [each[:2] for each in first])
        try:
            if self._beforehand is None:
                self._look_ahead({})
            yield
        finally:
            if asked := self._beforehand:
                asked.end()

    def step_done(self, **_context: Any) -> None:
        """Alembic's `on_version_apply`: a step ran, and its revision is written.

        Raises Refused when a promise of the step is broken; the whole change is then undone.
        """
        if not self._waiting:
            return
        step = self._waiting.pop(0)
        watching.mark(step.revision.revision)
        promises = _promises(step)
        after = answers(self._connection, [(words, sql) for words, _, sql in promises])
        compared = [_compared(each, self._asked_before(), after) for each in promises]
        self._measured += compared
        for each in compared:
            if not each["holds"]:
                raise _broken(step, each)
        self._look_ahead(after)

    def _asked_before(self) -> Answers:
        if asked := self._beforehand:
            self._before, self._beforehand = asked.answers(), None
        return self._before

    def _look_ahead(self, after: Answers) -> None:
        """What the next step begins with is what this one left: nothing ran in between."""
        promises = _promises(self._waiting[0]) if self._waiting else []
        asked = [(words, sql) for words, sql, _ in promises]
        self._before = answers(self._connection, asked, known=after)


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
