"""Alembic's own template, but for the lines about the guard."""

from logging.config import fileConfig

from alembic import context
from newsletter.models import Base
from sqlalchemy import engine_from_config, pool

from portal.guarded import guarded, theirs

config = context.config
if config.config_file_name is not None:
    fileConfig(config.config_file_name)

engine = engine_from_config(
    config.get_section(config.config_ini_section, {}), prefix="sqlalchemy.", poolclass=pool.NullPool
)

with guarded(engine, "newsletter") as connection:
    context.configure(connection=connection, target_metadata=Base.metadata, include_name=theirs)
    with context.begin_transaction():
        context.run_migrations()
