"""Without the file of places every page still works, and says what is not known."""

import pytest

from portal.directory.places import countries, file
from tests.directory.pages.studios import BRISTOL, make_studio
from tests.support.pages import PageClient, words


@pytest.mark.parametrize(
    "content", [None, b"", b"no database"], ids=["missing", "empty", "damaged"]
)
def test_pages_work_and_say_it(site, reader: PageClient, monkeypatch, tmp_path, content):
    make_studio("Avon", at=BRISTOL, city="Bristol")
    there = tmp_path / "places.sqlite3"
    if content is not None:
        there.write_bytes(content)
    for cached in (countries.countries, countries.country_of):
        cached.cache_clear()
    monkeypatch.setattr(file, "_address", lambda: f"file:{there}?mode=ro&immutable=1")
    monkeypatch.setattr(file._threads, "connection", None, raising=False)
    try:
        there = reader.page("/studios").select_one('a[href^="/studios/"]')["href"]
        for path in ("/", there, "/studios?country=DE", "/studios?near=Bristol"):
            assert reader.get(path).status_code == 200, path
        page = words(reader.page("/studios?near=Lisbon").select_one(".place-fault"))
        assert "The list of places can’t be read at the moment" in page
    finally:
        for cached in (countries.countries, countries.country_of):
            cached.cache_clear()
        file._threads.connection = None
