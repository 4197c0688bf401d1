"""A database that does not fit is a maintenance page, never a fault."""

import pytest
from flask import Flask

from portal.core.configuration.settings import Settings, sqlite_path
from portal.core.errors import Unavailable
from portal.core.storage.database import db
from tests.directory.pages.studios import make_studio
from tests.support.databases import change_by_hand
from tests.support.pages import PageClient, words

PAGES = ("/", "/studios", "/studios/quiet-corner-1")


@pytest.mark.parametrize("address", PAGES)
def test_the_check_is_asked_before_each_page(site: Flask, reader: PageClient, address: str):
    def check() -> None:
        raise Unavailable("The directory is being moved to its new form.")

    site.extensions["portal.directory.check"] = check
    page = reader.page(address, status=503)
    assert "The directory is being moved to its new form." in words(page)


@pytest.mark.parametrize("address", PAGES)
def test_a_missing_table_is_maintenance(reader: PageClient, settings: Settings, address: str):
    make_studio()
    db.session.commit()
    file = sqlite_path(settings.development_url)
    assert file
    change_by_hand(file, "ALTER TABLE studio_profiles RENAME TO studios_of_old")
    assert "can’t be shown at the moment" in words(reader.page(address, status=503))


def test_a_missing_database_is_maintenance(reader: PageClient, settings: Settings):
    file = sqlite_path(settings.development_url)
    assert file is not None
    db.session.remove()
    db.engine.dispose()
    file.rename(file.with_suffix(".away"))
    assert "can’t be shown at the moment" in words(reader.page("/", status=503))


def test_it_comes_back_by_itself(site: Flask, reader: PageClient):
    make_studio()
    state = {"fits": False}

    def check() -> None:
        if not state["fits"]:
            raise Unavailable("Not yet.")

    site.extensions["portal.directory.check"] = check
    assert reader.page("/", status=503).select_one("meta[http-equiv=refresh]")
    state["fits"] = True
    assert "1 studio" in words(reader.page("/"))


@pytest.mark.parametrize("address", ["/", "/studios?q=quiet", "/studios/quiet-corner-1"])
def test_public_pages_need_no_control_room(reader: PageClient, settings: Settings, address: str):
    make_studio()
    file = sqlite_path(settings.ops_url)
    assert file is not None
    db.session.remove()
    db.engines["ops"].dispose()
    file.rename(file.with_suffix(".away"))
    assert "Quiet Corner" in words(reader.page(address)) or address == "/"
