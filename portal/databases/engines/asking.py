"""The first query of each cached page, as one statement that is prepared once.

It has a connection of its own and a timeout of a fraction of a second: without an answer in time
the page is rendered as if nothing were cached.
"""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Protocol

from portal.databases.engines.beside import EPOCH_TABLE, MAINTENANCE_TABLE, VERSIONS_TABLE

PATIENCE = 0.1
"""Seconds to wait for a connection that others use, and for the answer."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The database's answer: `row` in the order of `QUESTION`.

    `place`: which database it is, physically; `moved`: a value that changes with every commit,
    from any process; None if the engine can't tell. `unannounced`: how many commits were seen that
    raised no version number. `has_tables`: whether all of the content's tables exist.
    """

    row: tuple[object, ...]
    place: Hashable
    moved: Hashable | None
    unannounced: int
    has_tables: bool


class Asker(Protocol):
    def ask(self, studio: int) -> Answer | None:
        """None if there is no answer within `PATIENCE`. `studio`: 0 for none."""

    def close(self) -> None: ...


def sum_of(scope: str) -> str:
    return f"(SELECT coalesce(sum(number), 0) FROM {VERSIONS_TABLE} WHERE scope = {scope})"  # noqa: S608


def question(studio: str, text: str, *, maintenance: bool) -> str:
    """`studio` and `text`: how the engine writes a parameter, and how it casts a value to text.

    Each of the small tables must hold exactly one row, so the rows are counted.
    """
    notices = f"SELECT count(*) FROM {MAINTENANCE_TABLE}" if maintenance else "SELECT 0"  # noqa: S608
    return (
        "SELECT i.n, i.application, i.environment, i.uuid, v.n, v.revision, e.n, e.epoch,"  # noqa: S608
        f" ({notices}), {sum_of('0')}, {sum_of('-1')}, {sum_of('-2')}, {sum_of(studio)}"
        " FROM (SELECT count(*) AS n, min(application) AS application,"
        " min(environment) AS environment, min(database_uuid) AS uuid FROM portal_identity) AS i,"
        f" (SELECT count(*) AS n, min({text}) AS revision FROM alembic_version) AS v,"
        f" (SELECT count(*) AS n, min(epoch) AS epoch FROM {EPOCH_TABLE}) AS e"
    )
