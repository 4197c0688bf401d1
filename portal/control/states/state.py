"""One exceptional state in words, with the button that ends it."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from flask import url_for

from portal.control.states.rows import Matter, Row
from portal.core.clock import now
from portal.databases.policies.models import OverrideKind
from portal.databases.targets.config import targets
from portal.databases.targets.models import RegisteredTarget

OVERRIDDEN = {
    OverrideKind.SOAK.value: "the next change of {} need not wait for its soak time",
    OverrideKind.WINDOW.value: "a change of {} may run outside of its windows",
}


@dataclass(frozen=True)
class State:
    """`what` begins with the database's name. `step` ends it: a button if `is_post`, else a link.

    `withdrawal`: the address of an admin's button that ends it, beside the link. `run`: the number
    of the run that it is, for its own page.
    """

    target: str
    what: str
    who: str | None
    since: datetime | None
    why: str
    step: str
    address: str
    is_post: bool = False
    withdrawal: str | None = None
    run: int | None = None


def states_of(registered: Iterable[RegisteredTarget], rows: Iterable[Row]) -> list[State]:
    """Of all databases: production first, and what keeps visitors from writing before the rest."""
    found = [*_read_only(registered), *_recorded(rows)]
    known = {each.name: each.is_production for each in targets()}
    return sorted(found, key=lambda each: (not known.get(each.target, False), each.target))


def _read_only(registered: Iterable[RegisteredTarget]) -> Iterator[State]:
    for row in registered:
        if row.is_in_maintenance:
            yield State(
                target=row.name,
                what=f"{row.name.capitalize()} is read-only",
                who=row.maintenance_by,
                since=row.maintenance_since,
                why=row.maintenance_because or "",
                step="End the read-only mode",
                address=url_for("databases.delete_maintenance", target=row.name),
                is_post=True,
            )


def _recorded(rows: Iterable[Row]) -> Iterator[State]:
    make = {
        Matter.OVERRIDE: _override,
        Matter.RUN: _run,
        Matter.TICKET: _ticket,
        Matter.DRIFT: _drift,
    }
    for row in rows:
        if row.until is not None and row.until <= now():
            continue
        if row.matter in set(Matter) and (of := make.get(Matter(row.matter))):
            yield of(row)


def _override(row: Row) -> State:
    words = OVERRIDDEN.get(row.more or "", "a rule for {} is overridden")
    return State(
        target=row.target,
        what=f"Override: {words.format(row.target)}",
        who=row.who,
        since=row.since,
        why=row.why or "",
        step="Withdraw the override",
        address=url_for(
            "databases.create_override_withdrawal", target=row.target, number=row.number
        ),
        is_post=True,
    )


def _run(row: Row) -> State:
    return State(
        target=row.target,
        what=f"{row.target.capitalize()}: run {row.number}, “{row.why}”, is open",
        who=row.who,
        since=row.since,
        why="",
        step=f"Go on with run {row.number}, or abort it",
        address=url_for("runbooks.show_run", run_id=row.number),
        run=row.number,
    )


def _ticket(row: Row) -> State:
    return State(
        target=row.target,
        what=f"{row.target.capitalize()}: a change to {row.more} is prepared at the terminal",
        who=row.who,
        since=row.since,
        why=f"Ticket {row.why}",
        step="Look at the changes",
        address=url_for("databases.list_migrations", _anchor=row.target),
    )


def _drift(row: Row) -> State:
    """The next change, restore or sync ends it, or an admin, if its entry says what was recorded
    before."""
    said = json.loads(row.why or "{}")
    withdrawal = url_for("databases.create_drift_withdrawal", target=row.target, number=row.number)
    has_record = bool((said.get("details") or {}).get("record"))
    return State(
        target=row.target,
        what=f"{row.target.capitalize()}: a schema that was changed by hand is accepted",
        who=row.who or row.more,
        since=row.since,
        why=str(said.get("reason") or ""),
        step="See what was accepted",
        address=url_for("audit.show_entry", seq=row.number),
        withdrawal=withdrawal if has_record else None,
    )
