"""Dead links in a report, and images that are not shown."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from portal.core.errors import NotFound
from portal.documents.audiences.blocks import blocks_in
from portal.documents.document import Document
from portal.documents.front_matter.positions import (
    dead_links,
    images_in,
    leads_elsewhere,
    links_in,
    pictures_elsewhere,
    shown_as_link,
)
from portal.documents.images.store import image_file
from portal.documents.models import DocumentKind
from portal.documents.publishing.overlay import published_root, shipped_root
from portal.documents.rendering.own_images import host_of_picture, image_allowed

_KEPT = re.compile(r"/documents/images/([^/]*)\.webp")


def dead_in(document: Document, roots: Sequence[Path]) -> Iterator[tuple[int, str]]:
    """Line and sentence. Other documents are searched in each of the `roots`."""
    for line, link in dead_links(document, *roots):
        if _is_page_for_staff(document, line, link):
            continue
        yield line, f"The link to “{link}” leads nowhere."
    for line, address in images_in(document):
        if why := _unseen(address):
            yield line, f"The picture “{address}” is not shown: {why}."


def unserved_in(document: Document) -> Iterator[tuple[int, str]]:
    """Links that work in the repository but not on the site."""
    for line, link in links_in(document):
        path = link.partition("#")[0].partition("?")[0]
        if _is_page_for_staff(document, line, link):
            continue
        if path and not leads_elsewhere(link) and not path.endswith(".md"):
            yield line, f"The site shows reports alone: “{link}” is found in the repository only."


def elsewhere_in(document: Document) -> Iterator[tuple[int, str]]:
    """Images that are shown as links because they are on other hosts."""
    for line, host in pictures_elsewhere(document):
        yield line, shown_as_link(host)


def folders_here() -> list[Path]:
    """The folders of this instance's own and published files, and of shipped ones."""
    return [published_root(DocumentKind.REPORT), shipped_root(DocumentKind.REPORT)]


def _is_page_for_staff(document: Document, line: int, link: str) -> bool:
    """Whether it leads into the control room, from a block that staff alone see."""
    if not link.startswith("/ops/"):
        return False
    at = line - document.body_line
    return any(
        block.kind == "internal" and not block.problem and block.line < at < (block.end or 0)
        for block in blocks_in(document.body)
    )


def _unseen(address: str) -> str | None:
    if kept := _KEPT.fullmatch(address):
        return None if _is_kept(kept[1]) else "there is none at this address"
    if host_of_picture(address):
        return None
    if not image_allowed(address):
        return "it has no address of this site"
    if leads_elsewhere(address) or address.startswith("{"):
        return None
    return "put it into the text in the browser, which gives it an address of this site"


def _is_kept(name: str) -> bool:
    try:
        image_file(name)
    except NotFound:
        return False
    return True
