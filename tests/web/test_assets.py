"""A page loads one sheet and one script, kept for good under their content's hash."""

import gzip
import re
from pathlib import Path

import brotli
import pytest
from flask import Response
from flask.testing import FlaskClient

from portal.web.assets import Assets
from portal.web.static_files import BUNDLES, FOR_GOOD
from tests.house.tree import ROOT

STATIC = ROOT / "portal" / "web" / "static"


@pytest.fixture
def sheet(reader) -> str:
    (link,) = reader.page("/samples").select("link[rel=stylesheet]")
    return str(link["href"])


def test_every_source_is_in_a_bundle():
    sources = {
        path.relative_to(STATIC).as_posix()
        for path in STATIC.rglob("*")
        if path.suffix in {".css", ".js", ".svg"}
    }
    assert sources == {source for sources in BUNDLES.values() for source in sources}


@pytest.mark.parametrize("name", BUNDLES)
def test_a_bundle_holds_its_sources_in_order_and_is_kept_for_good(reader, app, name: str):
    address = app.jinja_env.globals["asset"](name)
    assert re.fullmatch(r"/assets/[a-z]+\.[0-9a-f]{16}\.(css|js|svg)", address)
    answer = reader.get(address)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == FOR_GOOD
    places = [answer.data.index((STATIC / each).read_bytes().strip()) for each in BUNDLES[name]]
    assert places == sorted(places)


@pytest.mark.parametrize("encoding", ["br", "gzip", "identity", "br;q=0, gzip;q=0", "br, gzip"])
def test_a_bundle_is_compressed_as_the_browser_asks(reader, sheet: str, encoding: str):
    plain = reader.get(sheet)
    answer = reader.get(sheet, headers={"Accept-Encoding": encoding})
    used = answer.headers.get("Content-Encoding", "")
    assert used == {"br": "br", "gzip": "gzip", "br, gzip": "br"}.get(encoding, "")
    decoded = {"br": brotli.decompress, "gzip": gzip.decompress}.get(used, bytes)(answer.data)
    assert decoded == plain.data
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert not used or len(answer.data) < len(plain.data) / 4


def test_a_bundle_that_the_browser_has_is_not_sent_again(reader, sheet: str):
    mark = reader.get(sheet).headers["ETag"]
    answer = reader.get(sheet, headers={"If-None-Match": mark})
    assert (answer.status_code, answer.data) == (304, b"")


def test_an_address_of_another_release_gets_this_ones_file_and_is_not_kept(reader, sheet: str):
    other = re.sub(r"\.[0-9a-f]{16}\.", ".0123456789abcdef.", sheet)
    answer = reader.get(other)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    assert answer.data == reader.get(sheet).data


@pytest.mark.parametrize("name", ["none.css", "room", "room.css.", "..%2froom.css", "room.x.html"])
def test_there_is_nothing_else(reader, name: str):
    assert reader.get(f"/assets/{name}").status_code == 404


@pytest.mark.parametrize("may_change", [True, False])
def test_a_changed_source_changes_the_hash_where_sources_may_change(
    tmp_path: Path, may_change: bool
):
    (tmp_path / "a.css").write_text("a {}")
    (tmp_path / "b.css").write_text("b {}")
    assets = Assets(tmp_path, {"x.css": ("a.css", "b.css")}, may_change=may_change)
    before = assets.named("x.css")
    (tmp_path / "b.css").write_text("b { color: red }")
    after = assets.named("x.css")
    assert (after.hash != before.hash) is may_change
    assert (b"red" in after.content) is may_change


def test_an_address_is_computed_once_for_all_pages(reader, monkeypatch):
    reader.get("/samples")
    asked: list[Path] = []
    monkeypatch.setattr(Path, "stat", lambda path, **_: asked.append(path))
    monkeypatch.setattr(Path, "read_bytes", asked.append)
    reader.get("/samples")
    assert [path for path in asked if STATIC in path.parents] == []


def without_number(page: bytes) -> bytes:
    """Of the request, on a page that says why the directory can't be shown."""
    return re.sub(rb"<code>[0-9a-f]{16}</code>", b"", page)


def test_a_page_of_the_directory_is_compressed_and_others_are_not(app):
    """The length of a compressed page would tell of the token in its forms."""
    reader, headers = FlaskClient(app, Response), {"Accept-Encoding": "gzip"}

    def get(path, **given):
        with app.app_context():  # its own `g`, where a form's token is noted
            return reader.get(path, **given)

    assert "Content-Encoding" not in get("/ops/login", headers=headers).headers
    plain, answer = get("/studios"), get("/studios", headers=headers)
    assert "Content-Encoding" not in plain.headers
    assert answer.headers["Content-Encoding"] == "gzip"
    both = get("/studios", headers={"Accept-Encoding": "gzip, br"})
    assert both.headers["Content-Encoding"] == "br"
    assert "Accept-Encoding" in answer.headers["Vary"]
    assert without_number(gzip.decompress(answer.data)) == without_number(plain.data)
