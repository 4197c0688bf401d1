"""Tasks of the worker for accounts of the sites: what was ended goes into ops, and accounts whose
deletion is due are deleted."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.exc import SQLAlchemyError

from portal.audit.actor import SYSTEM
from portal.core.clock import now
from portal.core.configuration.settings import settings
from portal.core.errors import PortalError
from portal.core.storage.database import JsonDict, changing_directory, db
from portal.databases.targets.config import Target, target_named, targets
from portal.directory.reports.problems import ADDRESS_KEPT
from portal.directory.unattended.permission import is_known, why_not_now
from portal.directory.unattended.waiting import (
    has_addresses_of_the_past,
    has_claims_of_the_past,
    has_events,
    has_rows_of_the_past,
)
from portal.directory.users.draining import drain_events
from portal.directory.users.models import SiteLetter
from portal.directory.users.prepared import is_moderation_prepared
from portal.jobs.models import Operation, OperationState, Queue
from portal.jobs.operations.progress import Progress
from portal.jobs.operations.recovery import read_and_release
from portal.jobs.operations.registry import Truth, job
from portal.jobs.operations.service import request_operation
from portal.jobs.worker.each_second import every

DRAINED_EACH, DUE_EACH = 5.0, 3600.0
"""Seconds."""
KEPT = timedelta(days=8)
"""How long what has expired or ended is kept: a day longer than `delete_due_accounts` keeps it, so
that it is asked for once a day."""
DELETE = "directory.delete-accounts"
OPEN = (OperationState.WAITING, OperationState.RUNNING)

log = logging.getLogger(__name__)


@every(DRAINED_EACH)
def drain_site_events() -> None:
    """Commits."""
    for target in targets():
        if not (target.is_directory and has_events(target) and is_known(target)):
            continue
        try:
            drain_events(target)
        except (PortalError, SQLAlchemyError, OSError) as error:
            db.session.rollback()
            log.warning("Events of %s were not drained: %s", target.name, error)


@every(DUE_EACH)
def delete_accounts_that_are_due() -> None:
    """Ask for it where an account is due, a claim’s link has expired, rows of the past are left, or
    addresses on reports that were closed. Commits."""
    at = now()
    for target in targets():
        if not target.is_directory:
            continue
        found = (
            has_rows_of_the_past(target, at, at - KEPT),
            has_claims_of_the_past(target, at),
            has_addresses_of_the_past(target, at - ADDRESS_KEPT),
        )
        if any(found):
            _request(target)


def _request(target: Target) -> None:
    with read_and_release():
        is_open = Operation.kind == DELETE, Operation.target == target.name
        query = select(Operation.id).where(*is_open, Operation.state.in_(OPEN)).limit(1)
        is_asked = db.session.scalar(query) is not None
        may_write = why_not_now(target) is None
    if may_write and not is_asked:
        request_operation(DELETE, by=SYSTEM, target=target.name)
        db.session.commit()


def _again(_operation: Operation) -> Truth:
    return OperationState.FAILED, "What was not deleted is still due, and deleted later.", None


@job(DELETE, title="Delete accounts that are due", queue=Queue.QUICK, reconcile=_again)
def delete_accounts(progress: Progress, operation: Operation) -> JsonDict:
    """Each in a transaction of its own; then claims, sign-ups, links, sessions and emails of the
    past."""
    from portal.directory.claims.asking import expire_claims  # noqa: PLC0415 — loaded where used
    from portal.directory.reports.service import forget_addresses  # noqa: PLC0415 — likewise
    from portal.directory.users.account.deletion import delete_due_accounts  # noqa: PLC0415

    target = target_named(operation.target or "")
    with read_and_release():
        if why := why_not_now(target):
            return {"sentence": f"{why} Nothing was deleted."}
    with serving(target), progress.step("Delete what is due"):
        at = now()
        if is_moderation_prepared():
            expire_claims(at)
            with changing_directory():
                forget_addresses(at)
        count = delete_due_accounts(at)
        _delete_expired_letters(at - KEPT)
    return {"sentence": f"{count} {'account' if count == 1 else 'accounts'} deleted."}


def _delete_expired_letters(before: datetime) -> None:
    """Of kinds that no release has sent."""
    with changing_directory():
        query = delete(SiteLetter).where(SiteLetter.expires_at < before)
        db.session.execute(query.execution_options(synchronize_session=False))


@contextmanager
def serving(target: Target) -> Iterator[None]:
    """Within the block, the session’s directory is the target’s, as in a process of its site."""
    if settings().env is target.environment:
        yield
        return
    from portal.features import know_features  # noqa: PLC0415 — they register this module too
    from portal.start import bare_app  # noqa: PLC0415 — likewise

    app = bare_app(replace(settings(), env=target.environment))
    know_features(app)
    with app.app_context():
        try:
            yield
        finally:
            db.session.remove()
            for engine in db.engines.values():
                engine.dispose()
