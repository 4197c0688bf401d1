"""What a page of the directory costs as the directory grows: 642 studios beside ten times as many.

Prints the ratio of the times of the same pages. Linear growth would be about ten.
"""

import statistics
import tempfile
import time
from functools import partial

from alembic import command
from flask import Flask

from portal.app import create_app
from portal.audit.actor import SYSTEM
from portal.control.setup import prepare_ops
from portal.core.settings import load_settings
from portal.core.sqlite import Door
from portal.databases.creation import create_database
from portal.databases.engines import engine_for
from portal.databases.revisions import FOLDER, History
from portal.databases.targets import target_named
from portal.directory.demo import fill_legacy

SIZES = (642, 6420)
PAGES = ("/studios", "/studios?q=voice", "/studios?near=London&radius=50", "/studios?type=home")
TIMES = 5


def directory(folder: str, studios: int) -> Flask:
    app = create_app(load_settings({"PORTAL_DATA": folder, "SECRET_KEY": "bench"}))
    app.testing = True  # a benchmark holds no lease
    with app.app_context():
        prepare_ops()
        target = target_named("development")
        fill = partial(fill_legacy, studios=studios)
        create_database(target, by=SYSTEM, revision="0001", fill=fill)
        config = History(FOLDER).config()
        with engine_for(target.url).changing(Door.UPGRADE) as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    return app


def seconds(app: Flask, path: str) -> float:
    """The median of some requests, after one that warms up."""
    client = app.test_client()
    assert client.get(path).status_code == 200, path
    taken = []
    for _ in range(TIMES):
        started = time.perf_counter()
        client.get(path)
        taken.append(time.perf_counter() - started)
    return statistics.median(taken)


def main() -> None:
    with tempfile.TemporaryDirectory() as small, tempfile.TemporaryDirectory() as large:
        few, many = (directory(*each) for each in zip((small, large), SIZES, strict=True))
        print(f"{'page':<36}{SIZES[0]:>10,}{SIZES[1]:>10,}{'ratio':>8}")
        for path in PAGES:
            one, ten = seconds(few, path), seconds(many, path)
            print(f"{path:<36}{one * 1000:>7.0f} ms{ten * 1000:>7.0f} ms{ten / one:>8.1f}")


if __name__ == "__main__":
    main()
