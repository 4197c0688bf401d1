"""HTML becomes a PDF in a process that can be stopped, and that nothing gets out of or into."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from PIL import Image

from portal.core.configuration.settings import ROOT
from portal.core.errors import Unavailable
from portal.documents.pdf import convert as pdf
from portal.documents.pdf.convert import html_to_pdf
from tests.support.paper import bookmarks_of, links_of, need_pango, read_pdf, words_of

BASE = "http://talkback.example"
LETTER = """<!doctype html><html lang="en"><title>A letter</title><h1>What happened</h1>
<p>Café, déjà vu ✅, see <a href="/client">the page</a>.</p><h2>How it went</h2><p>Well.</p>"""


@pytest.fixture(autouse=True)
def _pango() -> None:
    need_pango()


@pytest.fixture
def made(tmp_path: Path):
    def make(html: str, **more) -> bytes:
        given = {"css": "", "base_url": BASE, "files": {}, "cache": tmp_path} | more
        return html_to_pdf(html, **given)

    return make


@pytest.fixture
def fetched() -> Iterator[list[str]]:
    """What was asked of a server on this machine; the first entry is its address."""
    asked: list[str] = []

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

    server = HTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    asked.append(f"http://127.0.0.1:{server.server_port}")
    yield asked
    server.shutdown()
    server.server_close()


def images_in(data: bytes) -> int:
    return sum(len(page.images) for page in read_pdf(data).pages)


def test_the_pdf_has_the_words_the_headings_the_links_and_the_title(made):
    data = made(LETTER)
    assert "Café, déjà vu ✅, see the page." in words_of(data)
    assert bookmarks_of(data) == ["What happened", "How it went"]
    assert links_of(data) == [f"{BASE}/client"]
    assert read_pdf(data).metadata.title == "A letter"
    assert read_pdf(data).trailer["/Root"]["/Lang"] == "en"


def test_the_same_text_gives_the_same_bytes(made):
    assert made(LETTER) == made(LETTER)


def test_nothing_is_fetched_and_no_file_is_read(made, fetched, tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("the combination is 4711")
    html = f"""<h1>Letter</h1><link rel="stylesheet" href="{fetched[0]}/a.css">
    <img src="{fetched[0]}/b.png" alt="a picture"><img src="{secret.as_uri()}" alt="a file">
    <object data="{secret.as_uri()}"></object><link rel="attachment" href="{secret.as_uri()}">
    <style>@import url({fetched[0]}/c.css); p {{ background: url({fetched[0]}/d.png) }}</style>"""
    data = made(html)
    assert "a picture" in words_of(data)
    assert len(fetched) == 1, fetched
    assert not read_pdf(data).attachments
    assert "4711" not in words_of(data)


def test_an_image_whose_file_is_named_is_in_it(made, tmp_path):
    file = tmp_path / "picture.png"
    Image.new("RGB", (4, 4), "red").save(file)
    html = '<h1>Letter</h1><img src="/images/picture" alt="">'
    assert images_in(made(html)) == 0
    assert images_in(made(html, files={f"{BASE}/images/picture": file})) == 1


def test_what_takes_too_long_is_stopped(made):
    endless = "<table>" + "<tr><td>x</td></tr>" * 50_000
    with pytest.raises(Unavailable, match="takes longer than 1 seconds") as refused:
        made(endless, seconds=1)
    assert "print it from the browser" in str(refused.value)


def test_what_is_nested_too_deeply_is_refused(made):
    with pytest.raises(Unavailable, match="nested too deeply"):
        made("<div>" * 2000 + "x")


def test_without_the_system_s_library_it_names_the_packages(made, tmp_path, monkeypatch):
    """As WeasyPrint fails where Pango is not installed."""
    (tmp_path / "weasyprint.py").write_text('raise OSError("cannot load library libpango-1.0-0")')
    bare = pdf._environment(tmp_path) | {"PYTHONPATH": f"{tmp_path}:{ROOT}"}
    monkeypatch.setattr(pdf, "_environment", lambda _cache: bare)
    with pytest.raises(Unavailable, match="apt-get install libpango-1.0-0 libpangoft2-1.0-0"):
        made(LETTER)


def test_the_child_gets_none_of_the_secrets(tmp_path, monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "a secret")
    assert "a secret" not in pdf._environment(tmp_path).values()
