"""Alembic's way into the ops database. `flask portal setup` hands it a connection."""

from alembic import context
from alembic.util import CommandError

from portal.core.errors import PortalError
from portal.core.storage.database import OpsModel
from portal.databases.targets.ops_address import require_own_tables

connection = context.config.attributes.get("connection")
if connection is None:
    raise CommandError("The ops database is upgraded by: flask portal setup")

try:
    require_own_tables(connection)  # both histories begin with a revision “0001”
except PortalError as error:
    raise CommandError(str(error)) from None

context.configure(
    connection=connection,
    target_metadata=OpsModel.metadata,
    transactional_ddl=True,
    render_as_batch=False,
    compare_server_default=False,
)
with context.begin_transaction():
    context.run_migrations()
