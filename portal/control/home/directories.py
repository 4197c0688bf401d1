"""Each database as home shows it: its state, and how many studios it lists."""

from collections.abc import Hashable
from dataclasses import dataclass

from sqlalchemy import Connection
from sqlalchemy.exc import DatabaseError

from portal.core.configuration.settings import Environment, settings
from portal.core.storage.database import moderation_tables
from portal.core.storage.urls import key_of
from portal.databases.engines import engine_for
from portal.databases.engines.sharing import cached_on, prefetch
from portal.databases.status.overview import Overview, expected_overviews
from portal.databases.targets.config import Target, targets
from portal.directory.queue.counts import WAITING, Waiting, waiting_in
from portal.directory.revisions import SERVES
from portal.directory.visibility import LISTED_SQL

COUNTED = 10_000
"""The limit for counting studios: the page says if there are more."""


@dataclass(frozen=True)
class DirectoryStatus:
    """The current state of one directory. `listed` is None if it can't be counted; `waiting`: what
    waits for staff there, of the directory that this site serves."""

    overview: Overview
    listed: int | None
    waiting: Waiting | None = None

    @property
    def target(self) -> Target:
        return self.overview.target

    @property
    def name(self) -> str:
        """For the beginning of a sentence."""
        return self.target.name.capitalize()

    @property
    def is_served(self) -> bool:
        """Whether this release serves it, instead of the maintenance page."""
        return self.overview.fits and self.overview.judgement.revision in SERVES

    @property
    def counts_on(self) -> bool:
        """Whether there are more than were counted."""
        return self.listed is not None and self.listed > COUNTED

    @property
    def kind(self) -> str:
        """The card to show: the environment's if the identity is confirmed, else not identified."""
        return self.target.environment.value if self.overview.fits else "unidentified"


def directory_statuses() -> list[DirectoryStatus]:
    """The state of every expected target, production first."""
    for target in targets():
        if name := _counted.get(key_of(target.url)):
            prefetch(target.url, name, LISTED[name])
    found = [
        DirectoryStatus(each, *(_numbers(each.target) if each.fits else (None, None)))
        for each in expected_overviews()
    ]
    return sorted(found, key=lambda each: each.target.environment is not Environment.PRODUCTION)


def _numbers(target: Target) -> tuple[int | None, Waiting | None]:
    """How many studios visitors may see, in the old or the new schema, and what waits for staff."""
    if not target.is_directory:
        return None, None
    try:
        with engine_for(target.url).reading() as connection:
            return _count(connection, target)
    except DatabaseError:
        return None, None


def _count(connection: Connection, target: Target) -> tuple[int | None, Waiting | None]:
    tables, place = engine_for(target.url).tables(connection), key_of(target.url)
    name = next((each for each in LISTED if each in tables), None)
    if name is None:
        return None, None
    if target.environment is settings().env and moderation_tables() <= set(tables):
        name = WITH_QUEUE
    _counted[place] = name
    found = cached_on(
        connection, name, lambda opened: opened.exec_driver_sql(LISTED[name]).scalar_one()
    )
    listed, *more = str(found).split()
    return int(listed), waiting_in(more) if more else None


_counted: dict[Hashable, str] = {}
"""What was counted last, by address: the next page includes it in its combined query."""

LISTED = {
    name: f"SELECT count(*) FROM (SELECT 1 FROM {name} WHERE {LISTED_SQL}"  # noqa: S608
    f" LIMIT {COUNTED + 1}) AS listed"
    for name in ("studio_profiles", "studios")
}
WITH_QUEUE = "studio_profiles, and what waits for staff"
LISTED[WITH_QUEUE] = (
    f"SELECT CAST(({LISTED['studio_profiles']}) AS VARCHAR(20)) || ' ' || ({WAITING})"
)
"""Both in one value: home asks each database once."""
