"""The same search on PostgreSQL: its own way of folding case and accents."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from portal.core.configuration.settings import Settings, load_settings
from portal.core.storage.database import DirectoryModel, db
from portal.directory.models import Service, StudioType
from tests.directory.pages.studios import BRISTOL, address_of, make_studio
from tests.directory.pages.test_search import found
from tests.support.pages import PageClient, words
from tests.support.postgres import running_server


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    with running_server().database() as url:
        yield load_settings(
            {
                "PORTAL_DATA": str(tmp_path / "data"),
                "SECRET_KEY": "only for tests",
                "DEVELOPMENT_DATABASE_URL": url.render_as_string(hide_password=False),
            }
        )


@pytest.fixture
def site(app: Flask) -> Iterator[Flask]:
    DirectoryModel.metadata.create_all(db.engine)
    app.extensions["portal.directory.check"] = None
    yield app
    db.session.remove()
    db.engine.dispose()


@pytest.mark.parametrize("q", ["zurich", "ZÜRICH", "Zürich", "oak 100%", "zoom", "podcast"])
def test_words_are_found_without_regard_to_case_and_accents(reader: PageClient, q: str):
    make_studio(
        "Studio Zürich", about="100% oak", services=(Service.ZOOM,), types=(StudioType.PODCAST,)
    )
    make_studio("Other", about="1000 oaks")
    assert found(reader, f"/studios?q={q.replace('%', '%25')}") == ["Studio Zürich"]


def test_places_orders_and_pages(reader: PageClient):
    make_studio("Avon", at=BRISTOL, city="Bristol", ratings=(4, 5))
    make_studio("Thames", ratings=(5,))
    assert found(reader, "/studios?near=bristol&radius=200") == ["Avon", "Thames"]
    assert found(reader, "/studios?sort=rating") == ["Thames", "Avon"]
    assert "2 studios in 2 cities" in words(reader.page("/"))


def test_a_studios_page(reader: PageClient):
    assert words(reader.page(address_of(make_studio("Oak"))).h1) == "Oak"


def test_nul_is_no_fault(reader: PageClient):
    assert reader.get("/studios?q=%00&near=%00").status_code == 200
