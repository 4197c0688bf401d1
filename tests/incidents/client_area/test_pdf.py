"""The report on paper: whole, findable, and for its reader alone."""

from io import BytesIO

import pytest
from PIL import Image

from portal.core.configuration.settings import ROOT
from portal.core.errors import NotFound, Unavailable
from portal.documents.audiences.audience import PUBLIC, STAFF, Audience, Reader
from portal.documents.document import read_document
from portal.documents.images.store import keep_image
from portal.documents.pdf.convert import SECONDS, html_to_pdf
from portal.incidents import pdf
from portal.incidents.report import parse_report
from portal.incidents.report_view import ReportView
from portal.incidents.reports import report_named
from tests.incidents.client_area.conftest import PLANTED
from tests.support.paper import (
    bookmarks_of,
    everything_in,
    links_of,
    need_pango,
    read_pdf,
    words_of,
)

ACME = Reader(Audience.CLIENTS, "acme")
ADDRESS = "/client/incidents/outage.pdf"


def pdf_for(report, reader, *, zone):
    return pdf.report_pdf(ReportView(report, reader), zone=zone)


_made: dict[tuple[str, str], bytes] = {}


@pytest.fixture(autouse=True)
def _once(monkeypatch):
    """The same page gives the same bytes, so it is laid out once for all tests."""
    need_pango()

    def once(html, *, css, seconds=SECONDS, **more):
        if (html, css) not in _made:
            _made[html, css] = html_to_pdf(html, css=css, seconds=seconds, **more)
        return _made[html, css]

    monkeypatch.setattr(pdf, "html_to_pdf", once)


@pytest.fixture
def report(app, outage):
    return report_named(outage)


def test_it_has_title_facts_text_timeline_bookmarks_links_pages_and_hash(report):
    data = pdf_for(report, ACME, zone="Asia/Tokyo")
    text = words_of(data)
    for phrase in (
        "The day the site was away",
        "Day 16 December 2025 Severity major Status resolved Duration 1 h 12 min",
        "The matching code was deployed ✅ and checked.",
        "16 December 2025, 23:20 We know the cause.",
        "Times are those of Asia/Tokyo.",
        "1 of 1",
        f"SHA-256 {report.sha256}",
    ):
        assert phrase in text
    assert bookmarks_of(data) == [
        "The day the site was away",
        "What happened",
        "How we fixed it",
        "How it went",
    ]
    assert links_of(data) == ["http://localhost:8000/status"]
    reader = read_pdf(data)
    assert reader.metadata.title == "The day the site was away"
    assert reader.metadata.subject == "The site could not be reached for a while."
    assert reader.trailer["/Root"]["/Lang"] == "en"
    assert "the-day" not in text


def test_pages_are_numbered_and_carry_the_title(app, write):
    write("---\naudience: clients\n---\n# A long one\n\n" + "A line of a long report.\n\n" * 120)
    pages = read_pdf(pdf_for(report_named("outage"), ACME, zone="UTC")).pages
    second = pages[1].extract_text()
    assert f"2 of {len(pages)}" in second
    assert "A long one" in second
    assert "A long one" in pages[0].extract_text()
    assert pages[0].extract_text().count("A long one") == 1
    digest = report_named("outage").sha256
    assert [digest in each.extract_text() for each in pages] == [*[False] * (len(pages) - 1), True]


def test_the_letterhead_says_from_whom_for_whom_and_how_bad(report):
    data = pdf.report_pdf(ReportView(report, ACME), zone="UTC", addressee="Acme Voices")
    head = "Studio Directory Incident report · 16 December 2025 For Acme Voices"
    assert f"{head} The day the site was away Major Resolved" in words_of(data)
    lines = read_pdf(data).pages[0].extract_text().splitlines()
    assert "Incident report · 16 December 2025" in [line.strip() for line in lines]
    for_staff = pdf.report_pdf(ReportView(report, STAFF), zone="UTC", addressee="Acme Voices")
    assert "Acme Voices" not in words_of(for_staff)


def test_nothing_planted_for_others_is_anywhere_in_it(report):
    told = everything_in(pdf_for(report, ACME, zone="UTC"))
    assert "The site was away." in told
    assert not [phrase for phrase in PLANTED if phrase in told]


def test_every_reader_has_a_pdf_of_their_own(report):
    assert PLANTED[2] in words_of(pdf_for(report, Reader(Audience.CLIENTS, "beta"), zone="UTC"))
    of_staff = words_of(pdf_for(report, STAFF, zone="UTC"))
    assert all(phrase in of_staff for phrase in PLANTED)
    assert "For staff only" in of_staff


def test_there_is_none_for_whoever_may_not_read_it(report):
    with pytest.raises(NotFound):
        pdf_for(report, PUBLIC, zone="UTC")


def test_it_is_made_once_for_each_text_reader_and_zone(report, monkeypatch):
    made = []
    monkeypatch.setattr(pdf, "html_to_pdf", lambda html, **_more: made.append(html) or b"%PDF-")
    for reader, zone in ((ACME, "UTC"), (ACME, "UTC"), (ACME, "Asia/Tokyo"), (STAFF, "UTC")):
        pdf_for(report, reader, zone=zone)
    assert len(made) == 3


def test_of_those_that_are_kept_the_oldest_go(report, monkeypatch):
    monkeypatch.setattr(pdf, "html_to_pdf", lambda _html, **_more: b"%PDF-")
    monkeypatch.setattr(pdf, "KEPT", 2)
    for zone in ("UTC", "Asia/Tokyo", "Europe/Paris"):
        pdf_for(report, ACME, zone=zone)
    assert len(list(pdf._folder().iterdir())) == 2


def test_what_can_t_be_made_is_not_tried_again_at_once(report, monkeypatch):
    tried = []

    def fail(_html, **_more):
        tried.append(1)
        raise Unavailable("It takes too long.")

    monkeypatch.setattr(pdf, "html_to_pdf", fail)
    for _ in range(2):
        with pytest.raises(Unavailable, match="It takes too long"):
            pdf_for(report, ACME, zone="UTC")
    assert len(tried) == 1


def test_32_the_site_s_own_pictures_are_in_it_and_no_other_file(app, tmp_path, monkeypatch):
    asked = {}
    monkeypatch.setattr(pdf, "_STATIC", tmp_path)
    (tmp_path / "a.png").write_bytes(b"a")
    (tmp_path / "notes.txt").write_bytes(b"a")
    base = "http://localhost:8000/"
    for source in (
        *("/static/a.png?v=1", f"{base}static/a.png", "/static/notes.txt", "/static/../a.png"),
        *("/static/%2e%2e/ops.sqlite3", "https://example.com/static/a.png", "/static/none.png"),
    ):
        asked |= dict(pdf._images(f'<p><img alt="" src="{source}"></p>', base))
    found = {address for address, file in asked.items() if file}
    assert found == {f"{base}static/a.png?v=1", f"{base}static/a.png"}


def test_a_picture_kept_for_documents_is_in_it(app, ana, write):
    drawn = BytesIO()
    Image.new("RGB", (8, 8), "red").save(drawn, "PNG")
    kept = keep_image(drawn.getvalue(), by=ana)
    write(f"---\naudience: clients\n---\n# Outage\n\n{kept.markdown('a red square')}\n")
    reader = read_pdf(pdf_for(report_named("outage"), ACME, zone="UTC"))
    assert len(reader.pages[0].images) == 1


def test_the_shipped_reports_become_pdfs(app):
    for file in sorted((ROOT / "incidents").glob("*.md")):
        report = parse_report(read_document(file, file.parent))
        assert report.title in words_of(pdf_for(report, report.common_reader, zone="UTC"))
