"""The rule about a table rebuild on SQLite that loses objects of the table."""

from collections.abc import Sequence

from portal.databases.migrations.lint.events import Did, Event
from portal.databases.migrations.objects.comparing import Loss

SAFER = (
    "Make triggers and indexes again with op.execute; pass checks in table_args, AUTOINCREMENT in"
    " table_kwargs, or the whole table in copy_from; set the counter in sqlite_sequence. What is"
    " meant to go, drop by its name."
)
NAMED_AT_MOST = 6
TAKING = (Did.REBUILD, Did.DROP_TABLE, Did.RENAME_TABLE)


def lost_by_line(events: Sequence[Event], losses: Sequence[Loss]) -> dict[int, list[Loss]]:
    """The losses by the first line that rebuilds, drops or renames the object's table."""
    found: dict[int, list[Loss]] = {}
    for loss in losses:
        found.setdefault(_line_of(events, loss.fact.table), []).append(loss)
    return found


def losing_objects(losses: Sequence[Loss]) -> tuple[str, str, str]:
    """Rule, what would happen, the safer way."""
    more = len(losses) - NAMED_AT_MOST
    also = f" And {more} more." if more > 0 else ""
    sentences = " ".join(each.sentence for each in losses[:NAMED_AT_MOST])
    return "rebuild-loses-objects", f"No operation names it: {sentences}{also}", SAFER


def _line_of(events: Sequence[Event], table: str) -> int:
    taking = [each for each in events if each.did in TAKING]
    on_it = [each for each in taking if each.table.lower() == table.lower()]
    return next((each.line for each in [*on_it, *taking, *events]), 1)
