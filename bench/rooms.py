"""A control room in this process, with a development database at the legacy schema and many
studios."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial

from bench.many_studios import fill_many
from portal.app import create_app
from portal.audit.actor import SYSTEM
from portal.control.setup import prepare_ops
from portal.core.configuration.settings import load_settings
from portal.core.storage.database import db
from portal.databases.targets.config import Target, target_named
from portal.databases.targets.creation import create_database
from portal.databases.targets.registry import control_room
from portal.jobs.leases.holder import end_lease

LEGACY = "0001"


@contextmanager
def room(environ: Mapping[str, str]) -> Iterator[None]:
    """An application context that closes all connections at its end."""
    app = create_app(load_settings(environ))
    app.testing = True  # a benchmark serves no pages, and takes no lease
    with app.app_context():
        try:
            yield
        finally:
            end_lease()
            db.session.remove()
            for engine in db.engines.values():
                engine.dispose()


def filled(name: str, studios: int, *, demo: bool = False) -> Target:
    """The target of this name, filled with this many studios. Commits."""
    prepare_ops()
    if demo:
        control_room(is_demo=True)
        db.session.commit()
    target = target_named(name)
    fill = partial(fill_many, studios=studios)
    create_database(target, by=SYSTEM, revision=LEGACY, fill=fill)
    return target
