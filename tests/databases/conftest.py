"""A control room with both of its databases: development at head, production still legacy."""

import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from portal.audit.models import AuditEntry
from portal.core.configuration.settings import Settings, load_settings
from portal.core.storage.database import db
from portal.databases.changes.models import Ticket
from portal.databases.migrations import history as revisions
from portal.databases.targets.config import Target
from portal.databases.targets.registry import control_room
from tests.databases import stage
from tests.databases.scene import Scene
from tests.support.commands import Ended, run
from tests.support.databases import HEAD, LEGACY, dump, file_of, make_database


@dataclass
class Room:
    """Both targets, and the environment in which commands find them."""

    development: Target
    production: Target
    env: dict[str, str] = field(default_factory=dict)

    def run(self, *words: str, **changed: str | Path) -> Ended:
        """A command in a process of its own; `changed` are environment variables."""
        db.session.rollback()
        return run(*words, env={**self.env, **{name: str(of) for name, of in changed.items()}})

    def url(self, file: Path) -> str:
        return f"sqlite:///{file}"

    @property
    def development_file(self) -> Path:
        return file_of(self.development)

    @property
    def production_file(self) -> Path:
        return file_of(self.production)


@pytest.fixture(scope="session")
def approved_scene(tmp_path_factory: pytest.TempPathFactory, empty_ops: Path) -> Scene:
    """Production with a change that was rehearsed and confirmed twice, and may start."""
    data = tmp_path_factory.mktemp("approved") / "data"
    return Scene(data, empty_ops, stage.approved_change)


@pytest.fixture
def settings(request: pytest.FixtureRequest, settings: Settings) -> Settings:
    """Those of every test, but for a test that asks for `ticket` (see `Scene`)."""
    if "ticket" in request.fixturenames:
        scene: Scene = request.getfixturevalue("approved_scene")
        return scene.put_back()
    return settings


@pytest.fixture
def ticket(app: Flask) -> Ticket:
    """The approved one."""
    found = db.session.scalars(select(Ticket)).one()
    db.session.commit()  # what others write from now on is seen
    return found


@pytest.fixture
def room(app: Flask) -> Room:
    settings = app.extensions["portal.settings"]
    control_room(is_demo=True)  # a real production would insist on HTTPS before any page
    return Room(
        development=make_database("development", HEAD, studios=12),
        production=make_database("production", LEGACY, studios=12),
        env={"PORTAL_DATA": str(settings.data), "SECRET_KEY": "only for tests"},
    )


@pytest.fixture
def production_unchanged(room: Room) -> Iterator[None]:
    """Whatever the test does, production holds the same schema and rows afterwards."""
    before = dump(room.production_file)
    yield
    assert dump(room.production_file) == before


@pytest.fixture
def audited(app: Flask) -> Callable[[], list[tuple[str, str, str | None]]]:
    """What the audit log says so far: action, outcome, target."""

    def entries() -> list[tuple[str, str, str | None]]:
        db.session.rollback()
        rows = db.session.scalars(select(AuditEntry).order_by(AuditEntry.seq))
        return [(row.action, row.outcome.value, row.target) for row in rows]

    return entries


@pytest.fixture
def history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the directory's history, which a test may edit; the product uses it instead."""
    folder = tmp_path / "history" / "directory"
    shutil.copytree(revisions.FOLDER, folder, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(revisions, "FOLDER", folder)
    monkeypatch.setattr(sys, "path", list(sys.path))  # Alembic prepends to it
    return folder


@pytest.fixture
def away(tmp_path: Path) -> Path:
    """A folder that stands for a store off the machine."""
    folder = tmp_path / "away"
    folder.mkdir()
    return folder


@pytest.fixture
def away_settings(tmp_path: Path, away: Path) -> Settings:
    return load_settings(
        {
            "PORTAL_DATA": str(tmp_path / "data"),
            "SECRET_KEY": "only for tests",
            "BACKUP_URL": f"file:{away}",
        }
    )
