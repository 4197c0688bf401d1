"""Periodic tasks of the worker for documents."""

import logging
import time

from portal.core.configuration.settings import settings
from portal.core.errors import Unavailable
from portal.core.storage.database import db
from portal.documents.drafting.drafts import forget_old_drafts
from portal.documents.publishing.publish import settle_all
from portal.jobs.worker.each_second import every_tick
from portal.jobs.worker.schedules import begin, is_due

#: Seconds until a folder that could not be written is retried.
PATIENCE = 60.0
#: When drafts not saved for 30 days are deleted.
SCHEDULE, DAILY = "drafts.forget", "20 4 * * *"
#: Seconds between two deletions of expired previews.
MINUTE = 60.0

log = logging.getLogger(__name__)
_not_before = 0.0
_look_at_previews = float("-inf")


@every_tick
def finish_what_was_begun() -> None:
    """Finish publications whose process died between the row and the file."""
    global _not_before  # noqa: PLW0603 — one worker, one folder
    if time.monotonic() < _not_before:
        return
    try:
        settle_all()
    except Unavailable as error:
        log.warning("A published text is not in its folder yet: %s", error.sentence)
        _not_before = time.monotonic() + PATIENCE


@every_tick
def forget_unpublished_words() -> None:
    """Delete old drafts, once a day; commits."""
    if not is_due(SCHEDULE, DAILY):
        return
    if begin(SCHEDULE, DAILY):
        forget_old_drafts()
    db.session.commit()


@every_tick
def forget_old_previews() -> None:
    """Delete expired previews once a minute, also when no more previews are requested."""
    global _look_at_previews  # noqa: PLW0603 — one worker, one folder
    if time.monotonic() < _look_at_previews:
        return
    from portal.documents.previews import tickets  # noqa: PLC0415 — what encrypts is loaded with it

    _look_at_previews = time.monotonic() + MINUTE
    tickets.forget_old(settings().data / tickets.FOLDER)
