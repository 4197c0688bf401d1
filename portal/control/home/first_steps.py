"""The first steps of a demo: the founding story, each point with the place where it is done.

The records say which points are done. A person dismisses the list once, for good.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import url_for

from portal.accounts.models import Account
from portal.control.home.directories import DirectoryStatus
from portal.control.home.matters import Asked, Matters
from portal.control.home.steps import Step
from portal.core.clock import now
from portal.monitoring.outages.queries import OutageShown


@dataclass(frozen=True)
class Point:
    label: str
    address: str
    is_done: bool


@dataclass(frozen=True)
class FirstSteps:
    points: list[Point]

    @property
    def next(self) -> Point | None:
        return next((each for each in self.points if not each.is_done), None)

    @property
    def done(self) -> int:
        return sum(each.is_done for each in self.points)


def first_steps(
    reader: Account,
    matters: Matters,
    seen: Sequence[DirectoryStatus],
    outages: Sequence[OutageShown],
    update: Step,
) -> FirstSteps | None:
    """None for who has dismissed them, and where there is no production."""
    production = next((each for each in seen if each.target.is_production), None)
    if reader.first_steps_dismissed_at or production is None:
        return None
    overview, facts = production.overview, matters.facts
    is_changed = overview.fits and not overview.pending and not overview.ahead
    changes = url_for("databases.list_migrations", _anchor=production.target.name)
    return FirstSteps(
        [
            Point("See that it is down", _outage(outages), is_changed or Asked.SEEN in facts),
            Point("Read why", changes, is_changed or Asked.READ in facts),
            Point("Change safely", changes, is_changed),
            Point("Tell the client", update.address, Asked.SENT in facts),
            Point("Look at the log", url_for("audit.list_entries"), Asked.LOG in facts),
        ]
    )


def _outage(outages: Sequence[OutageShown]) -> str:
    """The outage of production that is open, or all of them."""
    own = next((each for each in outages if each.environment == "production"), None)
    if own is None:
        return url_for("monitoring.list_outages")
    return url_for("monitoring.show_outage", outage_id=own.outage.id)


def dismiss_first_steps(reader: Account) -> None:
    """The caller commits."""
    reader.first_steps_dismissed_at = reader.first_steps_dismissed_at or now()
