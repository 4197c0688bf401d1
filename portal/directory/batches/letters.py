"""Emails to owners about what staff did with their studio, and the events that a restore needs."""

from datetime import timedelta

from portal.directory.batches.acts import Case
from portal.directory.claims.placeholders import is_placeholder
from portal.directory.folding import one_line
from portal.directory.history.drained import StudioEnding
from portal.directory.owners.own import Own
from portal.directory.presentation import UNNAMED
from portal.directory.users.events import STUDIO, note_event
from portal.directory.users.letters import LetterKind, queue_letter

LASTS = timedelta(days=7)
KINDS = {
    StudioEnding.HIDDEN: LetterKind.STUDIO_HIDDEN,
    StudioEnding.DELETED: LetterKind.STUDIO_DELETED,
    StudioEnding.SHOWN: LetterKind.STUDIO_RETURNED,
}


def standing_of(own: Own) -> StudioEnding:
    if own.is_deleted:
        return StudioEnding.DELETED
    return StudioEnding.HIDDEN if own.is_hidden_by_staff else StudioEnding.SHOWN


def tell_what_ended(case: Case, before: StudioEnding) -> None:
    """Within the change. Nothing where what staff have ended is as it was."""
    own = case.own
    if (standing := standing_of(own)) is before:
        return
    note_event(standing, own.user.id, {STUDIO: own.studio.id})
    if is_placeholder(own.user) or (own.account and own.account.blocked_at):
        return
    reason = own.restriction.because if own.restriction else None
    details = {
        "studio": one_line(own.studio.name) or UNNAMED,
        "because": reason or case.reason,
        "is_public": own.studio.is_listed,
    }
    queue_letter(
        KINDS[standing],
        own.user.email,
        user_id=own.user.id,
        details=details,
        lasts=LASTS,
        at=case.at,
    )
