"""The ops database as its Alembic history makes it is the one that the models describe."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask

from portal.audit.chain.trigger_check import trigger_faults
from portal.audit.chain.triggers import SQLITE
from portal.core.storage.database import OpsModel, db


def test_models_and_history_agree(app: Flask):
    with db.engines["ops"].connect() as connection:
        context = MigrationContext.configure(connection)
        differing = compare_metadata(context, OpsModel.metadata)
        assert differing == [], "a revision in migrations/ops makes what a model describes"


def test_the_log_is_guarded_by_its_triggers(app: Flask):
    with db.engines["ops"].connect() as connection:
        assert trigger_faults(connection) == []
        stored = connection.exec_driver_sql("SELECT sql FROM sqlite_master WHERE type = 'trigger'")
        texts = set(stored.scalars())
    wanted = {text for texts in SQLITE.values() for text in texts if "TRIGGER" in text}
    assert texts == wanted
