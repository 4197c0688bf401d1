"""What each process knows that works: the models, the jobs, what a runbook's step may call."""

from flask import Flask
from flask_migrate import Migrate

import portal.accounts.models
import portal.audit.models
import portal.audit.tasks
import portal.databases.actions
import portal.databases.models
import portal.directory.derived.upkeep
import portal.directory.models
import portal.directory.searches.models
import portal.directory.tasks
import portal.documents.models
import portal.documents.tasks
import portal.emails.models
import portal.emails.tasks
import portal.incidents.models
import portal.incidents.tasks
import portal.jobs.models
import portal.jobs.wal
import portal.runbooks.models
import portal.runbooks.settling  # noqa: F401 — actions that end take their step with them
from portal.core.database import db, init_database
from portal.core.read_only import refuse_writes
from portal.core.settings import settings
from portal.core.sqlite import may_do
from portal.databases import fitness
from portal.databases.engines import name_sessions
from portal.databases.revisions import FOLDER
from portal.directory.folding import give_fold
from portal.directory.revisions import SERVES
from portal.directory.seen_changes import init_seen_changes


def know_features(app: Flask) -> None:
    """Both databases, and what is registered by importing it; no pages."""
    with app.app_context():
        init_database(app, settings())
        for engine in db.engines.values():
            name_sessions(engine)
        refuse_writes(
            db.engine, fitness.why_read_only, unknown=fitness.NOT_SAVED, authorizer=may_do
        )
        give_fold(db.engine)
        init_seen_changes(db.engine)
    Migrate(app, db, directory=str(FOLDER))
    fitness.declare(SERVES)
