"""Reading a PDF as a person would: its words, its bookmarks, its links."""

import ctypes.util
import os
from io import BytesIO
from typing import Any

import pytest
from pypdf import PdfReader


def need_pango() -> None:
    """What lays out PDFs; without it the test is skipped, or fails under CI=true."""
    if ctypes.util.find_library("pangoft2-1.0"):
        return
    if os.environ.get("CI") == "true":
        pytest.fail("PDFs need Pango: make paper")
    pytest.skip("No Pango here: make paper")


def read_pdf(data: bytes) -> PdfReader:
    assert data.startswith(b"%PDF-")
    return PdfReader(BytesIO(data))


def words_of(data: bytes) -> str:
    """All its text in one line, so that a phrase is found wherever the line breaks."""
    return " ".join(" ".join(page.extract_text() for page in read_pdf(data).pages).split())


def bookmarks_of(data: bytes) -> list[str]:
    return list(_titles(read_pdf(data).outline))


def links_of(data: bytes) -> list[str]:
    """The addresses that its links lead to; those inside the PDF are left out."""
    notes = [note.get_object() for page in read_pdf(data).pages for note in page.annotations or []]
    return [str(note["/A"]["/URI"]) for note in notes if "/URI" in note.get("/A", {})]


def everything_in(data: bytes) -> str:
    """Words, metadata, bookmarks and links: whatever could tell somebody something."""
    told: list[Any] = [words_of(data), read_pdf(data).metadata, bookmarks_of(data), links_of(data)]
    return " ".join(map(str, told))


def _titles(outline: list[Any]) -> list[str]:
    found: list[str] = []
    for each in outline:
        found += _titles(each) if isinstance(each, list) else [str(each.title)]
    return found
