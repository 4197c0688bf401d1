"""The sync: production's rows, anonymised in scratch, replace development's.

All work is done on a copy. Development is touched once, by the swap at the end, and keeps its own
identity; any earlier failure leaves it as it was.
"""

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from portal.audit.actor import Actor
from portal.audit.service import Outcome, record
from portal.core.clock import now
from portal.core.errors import PortalError
from portal.core.storage.database import JsonDict, db
from portal.databases.backups.create import take_backup
from portal.databases.backups.models import Purpose
from portal.databases.backups.scratch import scratch_folder
from portal.databases.engines.copies import copier_for
from portal.databases.sync.fakes import fakes_key
from portal.databases.sync.models import Sync
from portal.databases.sync.pipeline import make_clean
from portal.databases.sync.preconditions import SyncRevisions, require_fitting, require_still
from portal.databases.sync.results import complete
from portal.databases.targets.config import Target
from portal.databases.targets.registry import control_room, outcome_must_be_recorded
from portal.jobs.operations.progress import Interrupted, Progress


class Steps:
    """The steps of one sync, reported as they happen and kept with their seconds for the report."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        self.seconds: dict[str, float] = {}

    @contextmanager
    def step(self, title: str) -> Iterator[Progress]:
        began = time.monotonic()
        with self.progress.step(title):
            yield self.progress
        self.seconds[title] = round(time.monotonic() - began, 2)


def sync_target(
    source: Target, target: Target, *, by: Actor, progress: Progress, operation: str
) -> JsonDict:
    """Replace the target's rows by the source's, anonymised. Commits.

    Raises Refused or Unavailable. `operation`: the uuid by which the outcome is found again after a
    crash.
    """
    started_at, steps = now(), Steps(progress)
    with steps.step("Look at both databases and at every column"):
        fitting = require_fitting(source, target)
    key = fakes_key(control_room().identity_key)
    record("sync.started", by=by, outcome=Outcome.INTENT, target=target.name,
           details={"revision": fitting.revision, "to": fitting.leads_to})  # fmt: skip
    db.session.commit()
    try:
        progress.say(f"{target.name.capitalize()} is backed up first.")
        began = time.monotonic()
        backup = take_backup(target, reason="Before a sync from production", by=by,
                             progress=progress, purpose=Purpose.CHANGE).name  # fmt: skip
        steps.seconds[f"Back up {target.name}"] = round(time.monotonic() - began, 2)
        db.session.commit()
        with scratch_folder() as folder:
            sync = _make(fitting, folder, key, steps)
            sync.operation, sync.backup, sync.asked_by = operation, backup, by.name
            _swap_in(sync, fitting, folder, steps, started_at=started_at)
    except PortalError as error:
        if isinstance(error, Interrupted):
            raise  # `settle_sync` determines and records what happened
        db.session.rollback()
        record("sync.finished", by=by, outcome=Outcome.FAILED, target=target.name,
               reason=str(error))  # fmt: skip
        db.session.commit()
        raise
    with outcome_must_be_recorded():
        return complete(sync, target, steps=steps.seconds, by=by)


def _make(fitting: SyncRevisions, folder: Path, key: bytes, steps: Steps) -> Sync:
    """The anonymised copy, as a file of the scratch folder named after the sync."""
    made = make_clean(fitting, key=key, folder=folder, steps=steps)
    name = f"sync-{now():%Y-%m-%d-%H%M%S}-{secrets.token_hex(2)}"
    copier = copier_for(made.url)
    with steps.step("Rewrite the anonymised copy without free pages"):
        content = copier.distil(folder / f"{name}{copier.suffix}")
    return Sync(
        name=name,
        source=fitting.source.name,
        target=fitting.target.name,
        source_uuid=fitting.source_uuid,
        database_uuid=fitting.target_uuid,
        from_revision=fitting.revision,
        to_revision=fitting.leads_to,
        counts=made.counts,
        columns=made.columns,
        left_behind=made.left_behind,
        content_digest=content.digest,
        steps={},
    )


def _swap_in(
    sync: Sync, fitting: SyncRevisions, folder: Path, steps: Steps, *, started_at: datetime
) -> None:
    copier = copier_for(fitting.target.url)
    digest, uuid = sync.content_digest, sync.database_uuid
    file = folder / f"{sync.name}{copier.suffix}"
    sync.started_at, sync.steps = started_at, dict(steps.seconds)
    steps.progress.check_alive()
    require_still(fitting)
    db.session.add(sync)
    db.session.commit()
    with steps.step(f"Put it in {fitting.target.name}'s place") as progress:
        copier.restore(
            file, folder=folder, digest=digest, database_uuid=uuid, watch=progress.advance
        )
