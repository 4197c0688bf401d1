"""Whether a studio is published, and the ways from one state to the other."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum

from portal.core.clock import now
from portal.core.errors import Conflict
from portal.core.storage.database import changing_directory, db
from portal.directory.models import StudioStatus
from portal.directory.owners.noting import HIDDEN, PUBLISHED, SHOWN, note, standing_of
from portal.directory.owners.own import Own, keep_details, own_studio_for_change
from portal.directory.owners.sections import PICTURES, SECTIONS, Pictures, Progress, Section

LEAVING = "Your account is going to be deleted, so your studio stays hidden."


class State(StrEnum):
    """`NEW`: nothing was saved yet. `PENDING`, `OFF` and `DELETED` were set by the site's staff."""

    NEW = "new"
    DRAFT = "draft"
    PUBLISHED = "published"
    HIDDEN = "hidden"
    PENDING = "pending"
    OFF = "off"
    DELETED = "deleted"


@dataclass(frozen=True)
class Missing:
    """What is missing to publish, and the section where it is given; None for the account."""

    what: str
    section: str | None = None


def state_of(own: Own) -> State:
    """A studio that is inactive is off where staff have noted that, and where nothing is
    noted: before there were notes, only staff could do that."""
    studio = own.studio
    if own.is_new:
        return State.NEW
    if own.is_deleted:
        return State.DELETED
    if own.is_hidden_by_staff:
        return State.OFF
    if studio.status is StudioStatus.PENDING:
        return State.PENDING
    if studio.status is StudioStatus.INACTIVE:
        return State.HIDDEN if own.details.hidden_at else State.OFF
    return State.PUBLISHED if studio.is_listed else State.DRAFT


def missing_of(own: Own) -> list[Missing]:
    found = [Missing(lack, each.slug) for each in SECTIONS for lack in each.lacks(own)]
    confirmed = [] if own.user.email_verified else [Missing("a confirmed email address")]
    return [*found, *confirmed]


def progress_of(own: Own) -> list[tuple[Section | Pictures, Progress]]:
    return [(each, each.progress(own)) for each in (*SECTIONS, PICTURES)]


def publish_studio(user_id: int) -> None:
    """Raises Conflict, and Unavailable while nothing can be written."""
    with changing_directory():
        own = own_studio_for_change(user_id)
        _refuse_in({State.PENDING, State.OFF, State.DELETED, State.HIDDEN}, own)
        if missing := missing_of(own):
            raise Conflict(f"Your studio still needs {in_words(missing)}. It was not published.")
        if state_of(own) is not State.PUBLISHED:
            with _noted(own, PUBLISHED):
                _show(own)
                own.details.published_at = own.details.published_at or now()


def hide_studio(user_id: int) -> None:
    """Its address then answers 410. Raises Conflict and Unavailable as above."""
    with changing_directory():
        own = own_studio_for_change(user_id)
        if state_of(own) is State.HIDDEN:
            return
        if state_of(own) is not State.PUBLISHED:
            raise Conflict("Your studio is not published, so there is nothing to hide.")
        with _noted(own, HIDDEN):
            _hide(own)


def show_studio(user_id: int) -> None:
    """Publish a hidden studio again, as it is. Raises Conflict and Unavailable as above."""
    with changing_directory():
        own = own_studio_for_change(user_id)
        _refuse_in({State.PENDING, State.OFF, State.DELETED, State.NEW, State.DRAFT}, own)
        with _noted(own, SHOWN):
            _show(own)


@contextmanager
def _noted(own: Own, action: str) -> Iterator[None]:
    """What the block does, in the studio's history."""
    before = standing_of(own)
    yield
    db.session.flush()
    note(own, action, before, standing_of(own))


def _refuse_in(states: set[State], own: Own) -> None:
    if own.is_leaving:
        raise Conflict(LEAVING, remedy="Keep your account first, on the page of your account.")
    if (state := state_of(own)) in states:
        raise Conflict(WHY_NOT[state])


WHY_NOT = {
    State.NEW: "There is nothing to show yet.",
    State.DRAFT: "Your studio was never published. Publish it instead.",
    State.HIDDEN: "Your studio is hidden. Show it again instead.",
    State.PENDING: "The site’s staff are checking your studio. It can’t be published until then.",
    State.OFF: "The site’s staff have switched your studio off. Only they can publish it again.",
    State.DELETED: "The site’s staff have removed your studio. It can’t be published any more.",
}


def _show(own: Own) -> None:
    own.studio.status, own.studio.is_profile_visible = StudioStatus.ACTIVE, True
    keep_details(own)
    own.details.hidden_at = None


def _hide(own: Own) -> None:
    own.studio.status = StudioStatus.INACTIVE
    keep_details(own)
    own.details.hidden_at = now()


def in_words(missing: list[Missing]) -> str:
    """“a name, a city and a type of studio”."""
    *first, last = [each.what for each in missing]
    return f"{', '.join(first)} and {last}" if first else last
