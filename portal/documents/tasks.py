"""Periodic tasks of the worker for documents."""

import logging

from portal.core.configuration.settings import settings
from portal.core.errors import Unavailable
from portal.documents.drafting.drafts import forget_old_drafts
from portal.documents.publishing.publish import settle_all
from portal.jobs.worker.each_second import every, every_tick
from portal.jobs.worker.schedules import when_due

#: Seconds until a folder that could not be written is retried.
PATIENCE = 60.0
#: When drafts not saved for 30 days are deleted.
SCHEDULE, DAILY = "drafts.forget", "20 4 * * *"
#: Seconds between two deletions of expired previews.
MINUTE = 60.0

log = logging.getLogger(__name__)


@every_tick
def finish_what_was_begun() -> float | None:
    """Finish publications whose process died between the row and the file."""
    try:
        settle_all()
    except Unavailable as error:
        log.warning("A published text is not in its folder yet: %s", error.sentence)
        return PATIENCE
    return None


@every_tick
def forget_unpublished_words() -> None:
    """Delete old drafts, once a day; commits."""
    when_due(SCHEDULE, DAILY, forget_old_drafts)


@every(MINUTE)
def forget_old_previews() -> None:
    """Delete expired previews once a minute, also when no more previews are requested."""
    from portal.documents.previews import tickets  # noqa: PLC0415 — what encrypts is loaded with it

    tickets.forget_old(settings().data / tickets.FOLDER)
