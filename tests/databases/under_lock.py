"""What a change asks of its database under the lock, before it writes there."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import takewhile
from typing import Any

from sqlalchemy import Connection, Engine, event

READS, SETTINGS = ("SELECT", "PRAGMA", "BEGIN", "SET LOCAL"), ("set_config", "current_setting")


@contextmanager
def asked_before_writing() -> Iterator[Counter[str]]:
    """How often each statement is sent, with its parameters, on the connection that changes."""
    sent: defaultdict[int, list[str]] = defaultdict(list)
    found: Counter[str] = Counter()

    def note(on: Connection, _cursor: Any, statement: str, parameters: Any, *_more: Any) -> None:
        sent[id(on)].append(f"{' '.join(statement.split())} {parameters}")

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    for each in sent.values():
        if any(statement.startswith("INSERT INTO portal_journal") for statement in each):
            found.update(takewhile(lambda statement: statement.startswith(READS), each))
    for statement in [each for each in found if any(word in each for word in SETTINGS)]:
        del found[statement]
