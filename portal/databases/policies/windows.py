"""Announced windows: when a target may be changed, published in advance."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, bindparam, select

from portal.audit.actor import Actor
from portal.audit.service import record
from portal.core.clock import now
from portal.core.errors import Conflict, Invalid, NotFound, Refusal, Refused
from portal.core.storage.between_pages import answer_on_page, cached_until_commit
from portal.core.storage.database import db
from portal.databases.policies.held import require_unheld
from portal.databases.policies.models import OverrideKind, Window
from portal.databases.policies.overrides import override_of, require_admin
from portal.databases.targets.config import Target
from portal.databases.targets.registry import registered_target

_COMING = (
    select(Window)
    .where(Window.withdrawn_at.is_(None), Window.ends_at > bindparam("now"))
    .order_by(Window.starts_at, Window.id)
)
LONGEST_SUMMARY = 200
LONGEST = timedelta(days=2)


def schedule_window(
    target: Target, *, summary: str, starts_at: datetime, ends_at: datetime, by: Actor
) -> Window:
    """Announce when the target may be changed. Raises Invalid for impossible times."""
    if not summary.strip() or len(summary) > LONGEST_SUMMARY:
        raise Invalid(
            f"Say what it is for, in up to {LONGEST_SUMMARY} characters.", field="summary"
        )
    if ends_at <= starts_at or ends_at <= now():
        raise Invalid("A window ends after it begins, and not in the past.", field="ends")
    if ends_at - starts_at > LONGEST:
        raise Invalid("A window is two days long at most.", field="ends")
    window = Window(
        target=target.name,
        summary=summary.strip(),
        starts_at=starts_at,
        ends_at=ends_at,
        announced_by=by.name,
    )
    db.session.add(window)
    db.session.flush()
    record(
        "window.announced",
        f"windows/{window.id}",
        by=by,
        target=target.name,
        details={"from": starts_at.isoformat(), "to": ends_at.isoformat()},
        reason=window.summary,
    )
    return window


def withdraw_window(window: Window, *, by: Actor) -> None:
    """Raises Conflict if it is over or already withdrawn, or a change runs in it."""
    if window.is_over:
        raise Conflict("This window is over or was withdrawn already.")
    if window.is_open:
        sentence = f"The window of {window.target} stays open while a change runs in it"
        require_unheld(window.target, "window.withdrawn", sentence)
    window.withdrawn_at, window.withdrawn_by = now(), by.name
    record("window.withdrawn", f"windows/{window.id}", by=by, target=window.target)


def window_numbered(number: int) -> Window:
    """Raises NotFound."""
    if window := db.session.get(Window, number):
        return window
    raise NotFound(f"There is no window {number}.")


def coming_windows(target: str | None = None) -> list[Window]:
    """Windows that are open or to come, the next one first: for pages and feeds."""
    moment = now()
    found = (each for each in _all_coming() if target in {None, each.target})
    return [each for each in found if each.ends_at > moment]


@cached_until_commit()
def _all_coming() -> Sequence[Window]:
    """The cached ones may include some that are over; none is missing."""
    return db.session.scalars(_COMING, {"now": now()}).all()


def coming_columns() -> tuple[Any, ...]:
    """Columns of a part of another statement, which reads them along: see `know_coming`."""
    return (Window.id, Window.target, Window.announced_by, Window.starts_at, Window.ends_at,
            Window.summary)  # fmt: skip


def is_coming() -> ColumnElement[bool]:
    return Window.withdrawn_at.is_(None) & (Window.ends_at > now())


def know_coming(rows: Iterable[Sequence[Any]]) -> None:
    """Use these rows of `coming_columns` for the page that is made, without a query."""
    names = ("id", "target", "announced_by", "starts_at", "ends_at", "summary")
    found = [Window(**dict(zip(names, row, strict=True))) for row in rows]
    in_order: Sequence[Window] = sorted(found, key=lambda each: (each.starts_at, each.id))
    answer_on_page(_all_coming, in_order)


def past_windows(*, at_most: int = 20) -> Sequence[Window]:
    """Windows that are over or were withdrawn, the newest first."""
    query = select(Window).where(Window.withdrawn_at.is_not(None) | (Window.ends_at <= now()))
    return db.session.scalars(query.order_by(Window.starts_at.desc()).limit(at_most)).all()


def require_windows(target: Target, *, required: bool, by: Actor) -> None:
    """Decide whether the target is changed inside scheduled windows only. Raises Forbidden."""
    require_admin(target, "window.rule-changed", by=by)
    row = registered_target(target.name)
    if row is None:
        raise NotFound(f"This control room knows no database as {target.name}.")
    sentence = f"The rule for windows of {target.name} stays while a change runs under it"
    require_unheld(target.name, "window.rule-changed", sentence)
    row.requires_window = required
    record("window.rule-changed", by=by, target=target.name, details={"required": int(required)})


def why_outside(target: Target, seal: str, *, ticket: str | None = None) -> str | None:
    """One sentence if the plan with this hash may not be carried out now, otherwise None.

    `ticket`: the number of the plan's own. A plan that is locked over the same backup again has the
    same hash.
    """
    row = registered_target(target.name)
    if row is None or not row.requires_window:
        return None
    coming = coming_windows(target.name)
    if any(window.is_open for window in coming):
        return None
    if override_of(OverrideKind.WINDOW, target, seal, ticket=ticket):
        return None
    following = (
        f"the next opens on {coming[0].starts_at:%Y-%m-%d %H:%M} UTC"
        if coming
        else ("none is scheduled")
    )
    return f"{target.name.capitalize()} is changed inside scheduled windows only; {following}."


def require_window(target: Target, seal: str, *, ticket: str | None = None) -> None:
    """Raises Refused outside of the scheduled windows, unless an admin overrode the rule."""
    if sentence := why_outside(target, seal, ticket=ticket):
        raise Refused(
            sentence,
            remedy=(
                "Schedule a window at /ops/windows, or an admin goes ahead with a reason:"
                f" flask databases override {target.name} window {seal[:12]}"
            ),
            refusal=Refusal("migration.refused", target.name, {"seal": seal}),
        )
