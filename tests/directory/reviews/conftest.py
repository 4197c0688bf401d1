import pytest
from flask import Flask

from portal.core.configuration.settings import Settings
from tests.directory.reviews.scene import Scene, make_scene
from tests.support.owners import make_site


@pytest.fixture
def scene(app: Flask, settings: Settings) -> Scene:
    make_site(app, settings)
    return make_scene(app)
