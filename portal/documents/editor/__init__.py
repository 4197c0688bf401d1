"""The pages for writing a kind of document, hung into the part of the site where it is read:

    hang_editor(blueprint, REPORTS, at="/ops/incidents")

Their endpoints are the blueprint's own: `new_document`, `edit_document`, `list_document_versions`
and so on, so that a page links to them as `url_for(".edit_document", slug=…)`.
Start with `edit_pages`.
"""

from flask import Blueprint

from portal.documents.editor.autosave_pages import WordsPages
from portal.documents.editor.edit_pages import DeskPages
from portal.documents.editor.history_pages import HistoryPages
from portal.documents.writing import Writing

__all__ = ["hang_editor"]


def hang_editor(blueprint: Blueprint, writing: Writing, *, at: str) -> None:
    """`at` is the address below which the documents are read; slugs stand right behind it."""
    for pages in (DeskPages, WordsPages, HistoryPages):
        pages(writing, blueprint, at).hang()
