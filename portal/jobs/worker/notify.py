"""Notify the worker of an operation after its row was committed.

An early or a missing notification does no harm: the worker drops unknown ids, and periodically
looks for waiting rows that are in no queue.
"""

import logging

from sqlalchemy import event
from sqlalchemy.orm import Session

from portal.core.storage.database import db
from portal.jobs.models import Operation, Queue
from portal.jobs.worker.queue import enqueue

ASKED = "portal.jobs.asked"

log = logging.getLogger(__name__)


def enqueue_after_commit(operation: Operation) -> None:
    db.session().info.setdefault(ASKED, []).append((operation.queue, operation.id))


@event.listens_for(db.session, "after_commit")
def _committed(session: Session) -> None:
    if session.in_nested_transaction():
        return
    asked: list[tuple[Queue, int]] = session.info.pop(ASKED, [])
    for queue, operation_id in asked:
        try:
            enqueue(queue, operation_id)
        except Exception:
            log.exception("Operation %s waits for the worker to find it", operation_id)


@event.listens_for(db.session, "after_rollback")
def _rolled_back(session: Session) -> None:
    if not session.in_nested_transaction():
        session.info.pop(ASKED, None)
