"""Registration for processes that do work: the models, the jobs, and runbook actions."""

from flask import Flask
from flask_migrate import Migrate

import portal.accounts.models
import portal.audit.models
import portal.audit.tasks
import portal.databases.backups.models
import portal.databases.changes.models
import portal.databases.migrations.models
import portal.databases.policies.models
import portal.databases.restores.models
import portal.databases.runbook_actions
import portal.databases.sessions.models
import portal.databases.sync.models
import portal.databases.targets.models
import portal.directory.batches.tasks
import portal.directory.claims.models
import portal.directory.derived.upkeep
import portal.directory.history.drained
import portal.directory.history.models
import portal.directory.imports.tasks
import portal.directory.models
import portal.directory.owners.models
import portal.directory.reports.models
import portal.directory.restored.endings
import portal.directory.reviews.models
import portal.directory.searches.models
import portal.directory.site_tasks
import portal.directory.statistics.tasks
import portal.directory.tasks
import portal.directory.uploads.unreferenced.tasks
import portal.directory.users.ended
import portal.directory.users.models
import portal.documents.models
import portal.documents.tasks
import portal.emails.models
import portal.emails.site_letters.worker
import portal.emails.tasks
import portal.incidents.live.models
import portal.incidents.models
import portal.incidents.tasks
import portal.jobs.models
import portal.jobs.worker.wal
import portal.monitoring.errors.counting
import portal.monitoring.errors.models
import portal.monitoring.heartbeat
import portal.monitoring.outage_tasks
import portal.monitoring.outages.for_runbooks
import portal.monitoring.outages.models
import portal.monitoring.probes.models
import portal.monitoring.tasks
import portal.runbooks.engine.operation_listener
import portal.runbooks.models
import portal.runbooks.tasks  # noqa: F401 — all of these register what they define
from portal.audit.reading.sentences import name_kinds_by
from portal.core.configuration.settings import settings
from portal.core.faults.asking import name_sessions_by
from portal.core.faults.lacking import judge_revisions_by
from portal.core.storage.database import db, init_database
from portal.core.storage.read_only import refuse_writes
from portal.core.storage.sqlite import may_do
from portal.databases.engines import name_sessions
from portal.databases.migrations.history import FOLDER
from portal.databases.targets import readiness
from portal.directory.folding import give_fold
from portal.directory.kept.changes import init_seen_changes
from portal.directory.revisions import SERVES
from portal.jobs.operations.registry import title_of
from portal.jobs.processes import session_name


def know_features(app: Flask) -> None:
    """Set up both databases, and import the modules that register themselves; no pages."""
    with app.app_context():
        init_database(app, settings())
        for engine in db.engines.values():
            name_sessions(engine)
        refuse_writes(
            db.engine, readiness.why_read_only, unknown=readiness.NOT_SAVED, authorizer=may_do
        )
        give_fold(db.engine)
        init_seen_changes(db.engine)
    name_sessions_by(session_name)
    name_kinds_by(title_of)
    judge_revisions_by(readiness.needs_set_up)
    Migrate(app, db, directory=str(FOLDER))
    readiness.declare(SERVES)
