"""Several control rooms at one production: each its own ops database, all in this process."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask
from sqlalchemy.engine import URL

from portal.app import create_app
from portal.core.configuration.settings import Settings, load_settings, sqlite_path
from portal.core.storage.database import db
from portal.databases.policies.target_leases import place_of
from portal.databases.targets.config import Target, target_named
from portal.databases.targets.registry import control_room
from portal.jobs.leases.holder import LeaseHolder
from tests.databases import stage


def address(url: URL) -> str:
    if file := sqlite_path(url):
        return f"sqlite:///{file}"
    return url.render_as_string(hide_password=False)


def second_settings(settings: Settings, data: Path) -> Settings:
    """Those of another control room, whose production is at the same address."""
    return load_settings(
        {
            "PORTAL_DATA": str(data),
            "SECRET_KEY": "only for tests",
            "PRODUCTION_DATABASE_URL": address(settings.production_url),
        }
    )


def second_room(settings: Settings, data: Path, ops: Path, *, title: str = "the-other") -> Flask:
    data.mkdir()
    shutil.copy(ops, data)
    app = create_app(second_settings(settings, data))
    app.testing = True
    with app.app_context():
        control_room(is_demo=True).title = title
        db.session.commit()
        db.session.remove()
    return app


@contextmanager
def inside(app: Flask) -> Iterator[Target]:
    """In another application's context; gives its production."""
    with app.app_context():
        try:
            yield target_named("production")
        finally:
            db.session.remove()
            for engine in db.engines.values():
                engine.dispose()


@contextmanager
def living(
    ops: URL, target: Target, serves: tuple[str, ...] = (stage.LEGACY, stage.HEAD)
) -> Iterator[LeaseHolder]:
    """A process of whosever ops it is, with both of its leases, until the block ends."""
    db.session.rollback()
    holder = LeaseHolder(ops, "web", "production", list(serves))
    holder.renew()
    holder.beside.stand_at([place_of(target)])
    db.session.rollback()
    try:
        yield holder
    finally:
        db.session.rollback()
        holder.end()
