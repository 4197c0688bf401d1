"""Follows a change: which objects each revision removes or alters without naming them."""

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from alembic.operations.batch import BatchOperationsImpl
from sqlalchemy import Connection, event

from portal.databases.migrations.objects.comparing import Comparison, Loss, unnamed
from portal.databases.migrations.objects.facts import Facts
from portal.databases.migrations.objects.inventory import facts_of, is_looking
from portal.databases.migrations.objects.naming import NamedObjects

_watch: ContextVar["ObjectWatch | None"] = ContextVar("object_watch", default=None)


class ObjectWatch:
    """Takes an inventory at the beginning of a change, after each revision, and at the end."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._all = NamedObjects()
        self._names = NamedObjects()
        self._is_rebuilding = False
        self._rebuilt: list[tuple[Facts, NamedObjects]] = []
        self._losses: list[Loss] = []
        self.first: Facts = facts_of(connection)
        self.last: Facts = self.first

    def mark(self, revision: str | None) -> None:
        """Attribute what changed since the last mark to this revision; None: to none of them."""
        now = facts_of(self._connection)
        found = unnamed(self.last, now, self._names, revision)
        known = {each.sentence for each in found}
        found += [
            each for each in self._created_and_lost(now, revision) if each.sentence not in known
        ]
        self._losses += found
        self._all.renames |= self._names.renames
        self.last, self._names, self._rebuilt = now, NamedObjects(), []

    def _created_and_lost(self, now: Facts, revision: str | None) -> Iterator[Loss]:
        """What the revision created or rewrote, and its own rebuild then lost: it is in neither
        inventory. What it named or restored since is not lost.
        """
        for facts, names in self._rebuilt:
            yield from unnamed(facts, now, names, revision)

    @property
    def losses(self) -> list[Loss]:
        """Without what a later revision restored unchanged."""
        return [each for each in self._losses if not self._is_back(each)]

    def _is_back(self, loss: Loss) -> bool:
        if loss.is_of_its_own:
            return any(each.label == loss.fact.label for each in self.last.values())
        return not Comparison({loss.fact.key: loss.fact}, self.last, self._all).unnamed()

    def on_statement(self, _connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        """Called for each statement; those of a rebuild are Alembic's own."""
        if not (self._is_rebuilding or is_looking()):
            for names in self._all_names():
                names.hear(statement)

    def _all_names(self) -> list[NamedObjects]:
        return [self._names, *(names for _, names in self._rebuilt)]

    @contextmanager
    def flushing(self, batch: Any) -> Iterator[None]:
        """While one of Alembic's batches is carried out, by a rebuild or without one."""
        for names in self._all_names():
            _hear_batch(names, batch)
        was, self._is_rebuilding = self._is_rebuilding, batch._should_recreate()
        before = facts_of(self._connection) if self._is_rebuilding else {}
        try:
            yield
        finally:
            is_rebuilt, self._is_rebuilding = self._is_rebuilding, was
        if is_rebuilt:
            self._note_rebuilt(before, batch)

    def _note_rebuilt(self, before: Facts, batch: Any) -> None:
        own = NamedObjects()
        _hear_batch(own, batch)
        lost = unnamed(before, facts_of(self._connection), own, None)
        new = {loss.fact.key: loss.fact for loss in lost if loss.fact.key in before}
        new = {key: fact for key, fact in new.items() if self.last.get(key) != fact}
        if new:
            self._rebuilt.append((new, NamedObjects()))


def _hear_batch(names: NamedObjects, batch: Any) -> None:
    names.hear_batch(batch.table_name, batch.batch)
    if batch.partial_reordering:
        names.objects.add(f"order of {batch.table_name}".lower())


@contextmanager
def watching(connection: Connection) -> Iterator[ObjectWatch]:
    """Follow what runs on this connection, in this thread."""
    _install()
    watch = ObjectWatch(connection)
    token = _watch.set(watch)
    event.listen(connection, "before_cursor_execute", watch.on_statement)
    try:
        yield watch
        watch.mark(None)
    finally:
        event.remove(connection, "before_cursor_execute", watch.on_statement)
        _watch.reset(token)


def mark(revision: str | None) -> None:
    """A revision has run; no-op unless a change is followed."""
    if watch := _watch.get():
        watch.mark(revision)


@functools.cache
def _install() -> None:
    """Once per process. Alembic does not report which of its statements a rebuild generated."""
    flush: Callable[[BatchOperationsImpl], None] = BatchOperationsImpl.flush

    @functools.wraps(flush)
    def followed(batch: BatchOperationsImpl) -> None:
        watch = _watch.get()
        if watch is None:
            return flush(batch)
        with watch.flushing(batch):
            return flush(batch)

    BatchOperationsImpl.flush = followed  # type: ignore[method-assign, assignment]
