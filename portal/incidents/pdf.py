"""A report as a PDF for one reader, cached by its inputs."""

import re
import time
from collections.abc import Iterator
from hashlib import sha256
from html import unescape
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from jinja2 import Environment, FileSystemLoader, select_autoescape

from portal.core.configuration.settings import ROOT, settings
from portal.core.errors import NotFound, Unavailable
from portal.core.files.private import write_whole
from portal.documents.images.store import image_file
from portal.documents.pdf.convert import Busy, html_to_pdf
from portal.incidents.presentation.plain_words import show
from portal.incidents.report_view import ReportView

#: PDFs cached on disk, and seconds for which a failure is cached.
KEPT, FAILURE_KEPT = 200, 60.0
_HERE = Path(__file__).parent
_TEMPLATES = Environment(
    loader=FileSystemLoader(_HERE / "templates" / "incidents"),
    autoescape=select_autoescape(),
    trim_blocks=True,
    lstrip_blocks=True,
)
_IMAGE = re.compile(r'<img\b[^>]*?\ssrc="([^"]*)"', re.I)
_KEPT_IMAGE = re.compile(r"/documents/images/([0-9a-f]{64})\.webp")
_STATIC = ROOT / "portal" / "web" / "static"
_PICTURES = {".png", ".jpg", ".jpeg", ".webp", ".gif"}
_failures: dict[str, tuple[Unavailable, float]] = {}


def report_pdf(view: ReportView, *, zone: str, addressee: str = "") -> bytes:
    """The reader's view of the report as a PDF, times in the zone; the same input, the same bytes.
    `addressee` is the client's name, for the letterhead.

    Raises Unavailable if the PDF can't be made in time or on this machine.
    """
    html, css = _page(view, zone, addressee), (_HERE / "pdf.css").read_text(encoding="utf-8")
    key = sha256(f"{view.reader.key}\0{zone}\0{css}\0{html}".encode()).hexdigest()
    file = _folder() / f"{key}.pdf"
    try:
        return file.read_bytes()
    except FileNotFoundError:
        return _made(html, css, file)


def _page(view: ReportView, zone: str, addressee: str) -> str:
    shown = show(view, zone=zone)
    return _TEMPLATES.get_template("pdf.html").render(
        shown=shown,
        report=view.report,
        site_name=settings().site_name,
        mark="For staff only" if view.reader.is_staff else "",
        addressee="" if view.reader.is_staff else addressee,
    )


def _made(html: str, css: str, file: Path) -> bytes:
    _raise_recent_failure(file.stem)
    base = f"{settings().base_url}/"
    files = {address: path for address, path in _images(html, base) if path}
    try:
        data = html_to_pdf(html, css=css, base_url=base, files=files, cache=file.parents[1])
    except Busy:
        raise
    except Unavailable as error:
        _failures[file.stem] = error, time.monotonic()
        raise
    _keep(data, file)
    return data


def _raise_recent_failure(key: str) -> None:
    """Raises the cached failure, so that repeated requests for a failing PDF cost nothing."""
    for each, (_, since) in list(_failures.items()):
        if time.monotonic() - since > FAILURE_KEPT:
            _failures.pop(each, None)
    if key in _failures:
        error = _failures[key][0]
        raise Unavailable(error.sentence, remedy=error.remedy)


def _images(html: str, base: str) -> Iterator[tuple[str, Path | None]]:
    """The site's own images by their absolute addresses; those of other hosts are not fetched."""
    for found in _IMAGE.finditer(html):
        address = urljoin(base, unescape(found[1]))
        if address.startswith(base):
            yield address, _file(urlsplit(address).path)


def _file(path: str) -> Path | None:
    if found := _KEPT_IMAGE.fullmatch(path):
        return _kept_image(found[1])
    if not path.startswith("/static/") or Path(path).suffix not in _PICTURES:
        return None
    file = (_STATIC / path.removeprefix("/static/")).resolve()
    return file if file.is_relative_to(_STATIC) and file.is_file() else None


def _kept_image(name: str) -> Path | None:
    try:
        return image_file(name)
    except NotFound:
        return None


def _folder() -> Path:
    return settings().data / "cache" / "pdf"


def _keep(data: bytes, file: Path) -> None:
    write_whole(file, data)
    kept = sorted(file.parent.glob("*.pdf"), key=lambda each: each.stat().st_mtime)
    for old in kept[:-KEPT]:
        old.unlink(missing_ok=True)
