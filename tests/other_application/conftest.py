"""A control room that also guards the newsletter, and the newsletter's checkout beside it."""

import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask

from portal.core.settings import Settings, load_settings
from portal.databases.targets import Target, target_named
from tests.databases.stage import file_at
from tests.support.commands import Ended, run

PROJECT = Path(__file__).parent / "project"
SUBSCRIBERS = 40


@dataclass
class Newsletter:
    """Its checkout, its production file and its development file."""

    project: Path
    data: Path

    @property
    def production_file(self) -> Path:
        return self.project / "production.sqlite3"

    @property
    def development_file(self) -> Path:
        return self.project / "development.sqlite3"

    @property
    def production(self) -> Target:
        return target_named("newsletter/production")

    def alembic(self, *words: str, database: Path, **variables: str) -> Ended:
        """Plain `alembic`, as a developer of the newsletter types it in their checkout."""
        ini = self.project / "alembic.ini"
        address = f"sqlalchemy.url = sqlite:///{database}"
        lines = ini.read_text().splitlines()
        told = [address if line.startswith("sqlalchemy.url") else line for line in lines]
        ini.write_text("\n".join(told) + "\n")
        env = {"PORTAL_DATA": str(self.data), "SECRET_KEY": "only for tests", **variables}
        return run("alembic", "-c", str(ini), *words, env=env)


@pytest.fixture(scope="session")
def first_revision(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The newsletter's production as plain Alembic made it long ago; never changed."""
    file = tmp_path_factory.mktemp("newsletter") / "newsletter.sqlite3"
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(f"""
            CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY);
            INSERT INTO alembic_version VALUES ('n0001');
            CREATE TABLE subscribers (id INTEGER NOT NULL PRIMARY KEY, email VARCHAR(200) NOT NULL,
                name VARCHAR(200) NOT NULL, nickname VARCHAR(200));
            CREATE TABLE deliveries (id INTEGER NOT NULL PRIMARY KEY, subscriber_id INTEGER
                NOT NULL REFERENCES subscribers (id) ON DELETE CASCADE, issue VARCHAR(80) NOT NULL);
            WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {SUBSCRIBERS})
                INSERT INTO subscribers SELECT i, i || '@example.org', 'Reader', 'R' FROM n;
            INSERT INTO deliveries SELECT id, id, 'Spring' FROM subscribers;
        """)
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
    return load_settings(variables(newsletter))


def variables(newsletter: Newsletter) -> dict[str, str]:
    """The environment of a control room that guards it."""
    return {
        "PORTAL_DATA": str(newsletter.data),
        "SECRET_KEY": "only for tests",
        "TARGETS": "newsletter/production, newsletter/development",
        "NEWSLETTER_PRODUCTION_DATABASE_URL": f"sqlite:///{newsletter.production_file}",
        "NEWSLETTER_PRODUCTION_MIGRATIONS": str(newsletter.project / "migrations"),
        "NEWSLETTER_DEVELOPMENT_DATABASE_URL": f"sqlite:///{newsletter.development_file}",
        "NEWSLETTER_DEVELOPMENT_MIGRATIONS": str(newsletter.project / "migrations"),
    }


@pytest.fixture
def directory(app: Flask) -> list[bytes]:
    """The directory's own two, as they are."""
    return [file_at(target_named(name)).read_bytes() for name in ("development", "production")]
