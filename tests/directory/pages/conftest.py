"""The public site on a directory of its own; it starts without a studio."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import pytest
from flask import Flask
from sqlalchemy import event

from portal.core.configuration.settings import Settings
from portal.core.storage.database import db
from tests.support.corpora import hostile_strings
from tests.support.owners import make_site
from tests.support.pages import PageClient
from tests.web.budgets.counting import SETTINGS

ROOT = Path(__file__).parents[3]
OF_THE_FIXTURE = ("PRAGMA main.table_", "PRAGMA temp.table_")
"""Its database has no identity, which is then looked for in other schemas."""


@pytest.fixture
def site(app: Flask, settings: Settings) -> Flask:
    make_site(app, settings)
    return app


@pytest.fixture
def reader(site: Flask) -> PageClient:
    """Somebody of the public, who reads pages strictly."""
    return cast(PageClient, site.test_client())


@contextmanager
def statements() -> Iterator[list[str]]:
    """What is asked of the directory's database meanwhile, without what only begins or sets."""
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if not statement.startswith((*SETTINGS, *OF_THE_FIXTURE)):
            asked.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


@pytest.fixture(scope="session")
def hostile() -> list[str]:
    """`PORTAL_CORPORA`, else `../shared`; missing is a failure under CI and a skip elsewhere."""
    return list(hostile_strings())
