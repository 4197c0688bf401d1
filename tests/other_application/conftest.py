"""A control room that also guards the newsletter, and the newsletter's checkout beside it."""

import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.engine import URL

from portal.core.configuration.settings import Settings, load_settings
from portal.databases.targets.adoption import adopt
from portal.databases.targets.config import Target, target_named
from tests.databases.stage import ANA
from tests.support.commands import Ended, run

PROJECT = Path(__file__).parent / "project"
SUBSCRIBERS = 40
FIRST_REVISION = f"""
CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY);
INSERT INTO alembic_version VALUES ('n0001');
CREATE TABLE subscribers (id INTEGER NOT NULL PRIMARY KEY, email VARCHAR(200) NOT NULL,
    name VARCHAR(200) NOT NULL, nickname VARCHAR(200));
CREATE TABLE deliveries (id INTEGER NOT NULL PRIMARY KEY, subscriber_id INTEGER NOT NULL,
    issue VARCHAR(80) NOT NULL,
    FOREIGN KEY (subscriber_id) REFERENCES subscribers (id) ON DELETE CASCADE);
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {SUBSCRIBERS})
    INSERT INTO subscribers SELECT i, i || '@example.org', 'Reader', 'R' FROM n;
INSERT INTO deliveries SELECT id, id, 'Spring' FROM subscribers;
"""


@dataclass(frozen=True)
class Newsletter:
    """Its checkout with both of its databases, and where the control room keeps its own."""

    project: Path
    data: Path

    @property
    def migrations(self) -> Path:
        return self.project / "migrations"

    @property
    def production_file(self) -> Path:
        return self.project / "production.sqlite3"

    @property
    def development_file(self) -> Path:
        return self.project / "development.sqlite3"

    def variables(self) -> dict[str, str]:
        """The environment of a control room that guards it."""
        return {
            "PORTAL_DATA": str(self.data),
            "SECRET_KEY": "only for tests",
            "TARGETS": "newsletter/production, newsletter/development",
            "NEWSLETTER_PRODUCTION_DATABASE_URL": f"sqlite:///{self.production_file}",
            "NEWSLETTER_PRODUCTION_MIGRATIONS": str(self.migrations),
            "NEWSLETTER_DEVELOPMENT_DATABASE_URL": f"sqlite:///{self.development_file}",
            "NEWSLETTER_DEVELOPMENT_MIGRATIONS": str(self.migrations),
        }

    def alembic(self, *words: str, database: Path | URL, data: Path | None = None) -> Ended:
        """Plain `alembic`, as a developer of the newsletter types it in their checkout."""
        ini = self.project / "alembic.ini"
        url = (
            URL.create("sqlite", database=str(database)) if isinstance(database, Path) else database
        )
        told = url.render_as_string(hide_password=False).replace("%", "%%")
        lines = [
            f"sqlalchemy.url = {told}" if line.startswith("sqlalchemy.url") else line
            for line in ini.read_text().splitlines()
        ]
        ini.write_text("\n".join(lines) + "\n")
        env = {"PORTAL_DATA": str(data or self.data), "SECRET_KEY": "only for tests"}
        return run("alembic", *words, env=env, cwd=self.project)


@pytest.fixture(scope="session")
def first_revision(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The newsletter's database as plain Alembic made it long ago; never changed."""
    file = tmp_path_factory.mktemp("newsletter") / "newsletter.sqlite3"
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(FIRST_REVISION)
    return file


@pytest.fixture
def newsletter(tmp_path: Path, first_revision: Path) -> Newsletter:
    found = Newsletter(project=tmp_path / "newsletter", data=tmp_path / "data")
    shutil.copytree(PROJECT, found.project, ignore=shutil.ignore_patterns("__pycache__"))
    for file in (found.production_file, found.development_file):
        shutil.copy(first_revision, file)
    return found


@pytest.fixture
def settings(newsletter: Newsletter) -> Settings:
    return load_settings(newsletter.variables())


@pytest.fixture
def production(app: Flask) -> Target:
    """The newsletter's, adopted."""
    return taken_in("newsletter/production")


@pytest.fixture
def development(app: Flask) -> Target:
    """The newsletter's, adopted."""
    return taken_in("newsletter/development")


def taken_in(name: str) -> Target:
    target = target_named(name)
    adopt(target, phrase=f"ADOPT {name.upper()}", reason="It is the newsletter's", by=ANA)
    return target
