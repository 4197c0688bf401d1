"""A sync takes long to reach: it is carried out once, and what it left is looked at by many."""

from functools import partial
from pathlib import Path

import pytest
from flask import Flask

from portal.core.configuration.settings import Settings
from portal.databases.sync.models import Sync
from portal.databases.sync.results import last_sync
from tests.databases import stage
from tests.databases.scene import Scene
from tests.databases.sync import planted


def synced_once() -> None:
    planted.place_both()
    operation = stage.operate("databases.sync", target="development")
    assert operation.is_done, operation.outcome


@pytest.fixture(scope="session")
def synced_scene(tmp_path_factory: pytest.TempPathFactory, empty_ops: Path) -> Scene:
    return Scene(tmp_path_factory.mktemp("synced") / "data", empty_ops, synced_once)


@pytest.fixture(scope="session")
def unsynced_scene(tmp_path_factory: pytest.TempPathFactory, empty_ops: Path) -> Scene:
    data = tmp_path_factory.mktemp("unsynced") / "data"
    return Scene(data, empty_ops, partial(planted.place_both, studios=9))


@pytest.fixture
def settings(request: pytest.FixtureRequest, settings: Settings) -> Settings:
    """Those of every test, but for one that asks for `synced` or `both` (see `Scene`)."""
    for wanted, scene in (("synced", "synced_scene"), ("both", "unsynced_scene")):
        if wanted in request.fixturenames:
            found: Scene = request.getfixturevalue(scene)
            return found.put_back()
    return settings


@pytest.fixture
def synced(app: Flask) -> Sync:
    """What the sync left, as it stands on record."""
    found = last_sync("development")
    assert found
    return found


@pytest.fixture
def both(app: Flask) -> None:
    """Production with people in it, and a development that nobody has synced."""
