"""Without the file of places every page still works, and says what is not known."""

import pytest

from portal.directory.places import file
from tests.directory.pages.studios import BRISTOL, make_studio
from tests.directory.pages.test_search import found
from tests.support.pages import PageClient, words


@pytest.mark.parametrize(
    "content", [None, b"", b"no database"], ids=["missing", "empty", "damaged"]
)
def test_pages_work_and_say_it(site, reader: PageClient, tmp_path, content):
    """What was not found without the file is found as soon as it can be read again."""
    city = f"Bristol{tmp_path.name}"
    make_studio("Avon", at=BRISTOL, city=city)
    there = tmp_path / "places.sqlite3"
    if content is not None:
        there.write_bytes(content)
    with pytest.MonkeyPatch.context() as without:
        without.setattr(file, "_address", lambda: f"file:{there}?mode=ro&immutable=1")
        without.setattr(file._threads, "connection", None, raising=False)
        studio = reader.page("/studios").select_one('a[href^="/studios/"]')["href"]
        for path in ("/", studio, "/studios?country=DE", f"/studios?near={city}"):
            assert reader.get(path).status_code == 200, path
        assert not found(reader, "/studios?country=GB"), "where it is isn't known"
        assert reader.get("/studios?country=GB").cache_control.no_store
        left_out = words(reader.page("/studios?country=Germany"))
        assert "The list of places can’t be read at the moment, so “Germany” was left" in left_out
        page = words(reader.page("/studios?near=Lisbon").select_one(".place-fault"))
        assert "The list of places can’t be read at the moment" in page
    assert found(reader, "/studios?country=GB") == ["Avon"]
    assert found(reader, "/studios?country=DE") == []
