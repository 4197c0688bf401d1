"""Which exceptional states concern a page.

A page about one database shows that one's, and pages about all of them show all. Other pages ask
nothing.
"""

from functools import reduce
from typing import Any

from jinja2 import pass_context
from jinja2.runtime import Context, Undefined

from portal.control.states.rows import exceptional_rows
from portal.control.states.state import State, states_of
from portal.databases.targets.registry import all_registered

OF_ALL = frozenset(
    f"databases/{name}.html" for name in ("databases", "migrations", "backups", "windows")
)
OF_ONE = {
    "databases/adoption.html": "overview.target.name",
    "databases/restore.html": "backup.target",
    "databases/sync.html": "sync.target",
    "jobs/show.html": "operation.target",
    "monitoring/probe.html": "row.probe.target",
    "outages/show.html": "shown.outage.target",
    "runbooks/run.html": "page.about",
}
"""By template: where its context names the database that it is about."""


@pass_context
def states_on_page(context: Context) -> list[State]:
    """Those that concern the page that is rendered. A run's own page does not name the run."""
    if context.name in OF_ALL:
        return all_states()
    way = OF_ONE.get(context.name or "")
    target = _found(context, way) if way else None
    if not target:
        return []
    run = _found(context, "run.id")
    return [each for each in all_states() if each.target == target and _is_other(each, run)]


def all_states() -> list[State]:
    return states_of(all_registered(), exceptional_rows())


def _is_other(state: State, run: Any) -> bool:
    return state.run is None or state.run != run


def _found(context: Context, way: str) -> Any:
    """What a page is about, None if nothing has that name there."""
    first, *rest = way.split(".")
    found = reduce(lambda of, name: getattr(of, name, None), rest, context.get(first))
    return None if isinstance(found, Undefined) else found
